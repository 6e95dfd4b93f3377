import type { Redis } from 'ioredis';
import type { RedisFacts } from '../pipeline/doctor/machine.ts';
import { LoadError } from '../pipeline/load-error.ts';

const OLDEST_VERSION = [6, 2] as const;

/** Asks with INFO, which BullMQ needs as well. */
export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const facts = new Map(
    (await redis.info()).split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  const snapshot = Number(facts.get('rdb_last_save_time') ?? 0);
  return {
    version: facts.get('redis_version') ?? '0',
    evictionPolicy: facts.get('maxmemory_policy') ?? null,
    isAppendOnly: facts.get('aof_enabled') === '1',
    lastSnapshot: snapshot > 0 ? snapshot * 1_000 : null,
  };
}

/** Throws `REDIS_TOO_OLD` or `REDIS_EVICTING` for a server that would lose jobs. */
export function checkRedisFacts({ version, evictionPolicy }: RedisFacts): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new LoadError(
      'REDIS_TOO_OLD',
      `Redis is version ${version}; ${OLDEST_VERSION.join('.')} is needed.`,
    );
  if (evictionPolicy !== null && evictionPolicy !== 'noeviction')
    throw new LoadError('REDIS_EVICTING', `Redis has maxmemory-policy ${evictionPolicy}.`);
}
