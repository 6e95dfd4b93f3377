import type { Redis } from 'ioredis';
import { redisKeys } from '../pipeline/names/index.ts';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

// One script each: read and write must be one step.
const TAKE = `local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ''`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

export interface TableLease {
  /** Aborts when the lease was lost to another load. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/**
 * A lease per table keeps loads of one table apart: 30 s, renewed every 10 s. It saves work and
 * proves nothing: a worker may be paused past its lease. What keeps an older stage from being
 * published is the fence (docs/crash-safety.md, "Never stale: the fence").
 */
export async function takeTableLease(input: {
  redis: Redis;
  sourceId: string;
  key: string;
  loadId: string;
}): Promise<{ lease: TableLease } | { heldBy: string }> {
  const { redis, loadId } = input;
  const name = redisKeys(input.sourceId).lease(input.key);
  const take = async () => String(await redis.eval(TAKE, 1, name, loadId, LEASE_MS));
  const heldBy = await take();
  if (heldBy !== '') return { heldBy };
  const lost = new AbortController();
  const renewal = setInterval(() => {
    take().then(
      (other) => other !== '' && lost.abort(new Error(`The lease of ${input.key} went to ${other}.`)),
      // Redis being away is told by the connection itself; the lease may still be ours when it is
      // back.
      () => undefined,
    );
  }, RENEW_MS);
  const release = async () => {
    clearInterval(renewal);
    await redis.eval(RELEASE, 1, name, loadId);
  };
  return { lease: { signal: lost.signal, release } };
}
