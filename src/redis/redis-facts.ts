import type { Redis } from 'ioredis';
import type { RedisFacts } from '../pipeline/doctor/index.ts';
import { LoadError } from '../pipeline/errors/index.ts';
import { redisKeys } from '../pipeline/names/index.ts';

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
    isReplica: facts.get('role') === 'slave',
    isLoading: facts.get('loading') === '1',
    isCluster: facts.get('cluster_enabled') === '1',
    usedBytes: Number(facts.get('used_memory') ?? 0),
    maxBytes: Number(facts.get('maxmemory') ?? 0) || null,
    persistenceError: failedPersistence(facts),
  };
}

/** What Redis could not write to disk last; null where it could. */
function failedPersistence(facts: ReadonlyMap<string, string>): string | null {
  const failed = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'];
  return failed.find((name) => facts.get(name) === 'err') ?? null;
}

/**
 * Writes, reads and removes a key, and runs a script, as BullMQ does. Throws what Redis refuses, by
 * its code.
 */
export async function tryWriting(redis: Redis, sourceId: string): Promise<void> {
  const key = redisKeys(sourceId).doctor;
  const value = String(Date.now());
  const told = await redis.eval(
    "redis.call('SET', KEYS[1], ARGV[1], 'EX', 60) return redis.call('GET', KEYS[1])",
    1,
    key,
    value,
  );
  await redis.del(key);
  if (told !== value)
    throw new LoadError('REDIS_NOT_WRITING', `A key was written as ${value} and read as ${told}.`);
}

/**
 * Throws `REDIS_TOO_OLD` or `REDIS_EVICTING` for a server that would lose jobs, `REDIS_NOT_READY`
 * or `REDIS_IN_CLUSTER` for one that cannot serve.
 */
export function checkRedisFacts({ version, evictionPolicy, isLoading, isCluster }: RedisFacts): void {
  if (isLoading) throw new LoadError('REDIS_NOT_READY', 'Redis is loading its data from disk.');
  if (isCluster) throw new LoadError('REDIS_IN_CLUSTER', 'Redis runs in cluster mode.');
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
