import type { Redis } from 'ioredis';
import { queuePrefix } from './queues.ts';

/** As long as finished jobs are kept; a wish that is older concerns nobody. */
const KEPT_S = 14 * 86_400;

const key = (sourceId: string, name: string) => `${queuePrefix(sourceId)}:cancel:${name}`;

/** A person's wishes to cancel runs and loads, by RUN or LOAD. Whoever works on one looks here; lost with Redis, they are said again. */
export interface Cancellations {
  request(name: string): Promise<void>;
  isRequested(name: string): Promise<boolean>;
  clear(name: string): Promise<void>;
}

export function createCancellations(redis: Redis, sourceId: string): Cancellations {
  return {
    request: async (name) => void (await redis.set(key(sourceId, name), '1', 'EX', KEPT_S)),
    isRequested: async (name) => (await redis.exists(key(sourceId, name))) === 1,
    clear: async (name) => void (await redis.del(key(sourceId, name))),
  };
}
