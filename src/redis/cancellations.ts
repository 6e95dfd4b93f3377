import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys } from '../pipeline/names/index.ts';
import { type CancelReason, failureSchema } from '../pipeline/objects/index.ts';
import { asJson } from './as-json.ts';

/** As long as finished jobs are kept; a wish that is older concerns nobody. */
const KEPT_S = 14 * 86_400;
/** Who carries a wish out has it for as long; then another may. */
const TAKEN_S = 600;

const endSchema = z.object({ attempts: z.int(), failure: failureSchema });
/** How a load ended that was cancelled while it waited, and has no job any more. */
export type CancelledEnd = z.infer<typeof endSchema>;

/**
 * A person's wishes to cancel runs and loads, by RUN or LOAD. Whoever works on one looks here; lost
 * with Redis, they are said again.
 */
export interface Cancellations {
  request(name: string, reason?: CancelReason): Promise<void>;
  isRequested(name: string): Promise<boolean>;
  /** Who wished it; a person where nobody has. */
  reasonOf(name: string): Promise<CancelReason>;
  clear(name: string): Promise<void>;
  /** Names of the wishes that nobody has carried out yet. */
  open(): Promise<string[]>;
  /** No longer among the open ones, though it stands. */
  setAside(name: string): Promise<void>;
  /** True for the one of several who ask. */
  takeOn(name: string): Promise<boolean>;
  /** Carried out on a load that waited, whose job goes. */
  end(name: string, end: CancelledEnd): Promise<void>;
  /** Null where it was not, or nobody can read what is there. */
  endOf(name: string): Promise<CancelledEnd | null>;
}

export function createCancellations(redis: Redis, sourceId: string): Cancellations {
  const keys = redisKeys(sourceId);
  const { cancel: key, cancelWishes: wishes, cancelled: ended } = keys;
  return {
    request: async (name, reason = 'person') => {
      await redis.set(key(name), reason, 'EX', KEPT_S);
      await redis.sadd(wishes, name);
      await redis.expire(wishes, KEPT_S);
    },
    isRequested: async (name) => (await redis.exists(key(name))) === 1,
    reasonOf: async (name) => ((await redis.get(key(name))) === 'run deadline' ? 'run deadline' : 'person'),
    clear: async (name) => {
      await redis.del(key(name));
      await redis.srem(wishes, name);
    },
    open: () => redis.smembers(wishes),
    setAside: async (name) => void (await redis.srem(wishes, name)),
    takeOn: async (name) => (await redis.set(keys.cancelTaken(name), '1', 'EX', TAKEN_S, 'NX')) === 'OK',
    end: async (name, end) => void (await redis.set(ended(name), JSON.stringify(end), 'EX', KEPT_S)),
    endOf: async (name) => {
      const text = await redis.get(ended(name));
      return text === null ? null : (endSchema.safeParse(asJson(text)).data ?? null);
    },
  };
}
