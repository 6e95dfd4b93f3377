import type { Redis } from 'ioredis';
import { redisKeys } from '../pipeline/names/index.ts';

const MINUTE_MS = 60_000;

/**
 * The next free moment, by the clock of Redis, which is the same for everybody; how long until
 * then.
 */
const RESERVE = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local after = free + ARGV[1]
redis.call('SET', KEYS[1], string.format('%d', after), 'PX', string.format('%d', after - now + 60000))
return free - now`;

/**
 * Spaces what the processes of an installation submit to Dataproc, so that no minute sees more than
 * `perMinute`: each waits for its own moment. Whoever dies before its moment has only left it
 * empty.
 */
export function createSubmissionPace(input: {
  redis: Redis;
  sourceId: string;
  perMinute: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}): (signal: AbortSignal) => Promise<void> {
  const { redis, perMinute, sleep } = input;
  const key = redisKeys(input.sourceId).nextSubmission;
  const spacingMs = Math.ceil(MINUTE_MS / perMinute);
  return async (signal) => {
    const waitMs = Number(await redis.eval(RESERVE, 1, key, spacingMs));
    if (waitMs > 0) await sleep(waitMs, signal);
  };
}
