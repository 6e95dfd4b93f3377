import type { Redis } from 'ioredis';
import { z } from 'zod';
import { SERVICES, type Service } from '../pipeline/errors/index.ts';
import { redisKeys } from '../pipeline/names/index.ts';
import { asJson } from './as-json.ts';

/** An outage that nobody renews is over: all who knew of it may have died. */
export const OUTAGE_KEPT_MS = 60_000;
const PROBE_LOCK_MS = 45_000;
const SUSPECTED_S = 600;
const OPENINGS_S = 3_600;

const outageSchema = z.object({
  version: z.literal(1),
  service: z.enum(SERVICES),
  /** ISO. */
  since: z.string(),
  /** The error by which it was found. */
  why: z.string(),
  /** Not over before this moment, milliseconds since 1970, though a probe be answered. */
  notBeforeMs: z.number(),
});
/**
 * A service that is away: no load begins. Not to be confused with a person's pause, which lies in
 * the bucket.
 */
export type Outage = z.infer<typeof outageSchema>;

/**
 * What all processes of an installation know of outages. It ends by itself where nobody keeps it
 * up.
 */
export interface Outages {
  current(): Promise<Outage | null>;
  /** True for the first who says so. */
  begin(outage: Omit<Outage, 'version'>): Promise<boolean>;
  keep(): Promise<void>;
  end(): Promise<void>;
  /** True for the one of several who is to probe now. */
  takeProbe(): Promise<boolean>;
  leaveProbe(): Promise<void>;
  /** How many tables have failed by the service since a load has succeeded, this one included. */
  suspect(service: Service, table: string): Promise<number>;
  forgetSuspects(): Promise<void>;
  /** How many outages of the service have been counted within the last hour. */
  openings(service: Service): Promise<number>;
  countOpening(service: Service): Promise<void>;
}

export function createOutages(redis: Redis, sourceId: string): Outages {
  const keys = redisKeys(sourceId);
  const { outage: name, outageSuspects: suspects, outageOpenings: openings } = keys;
  return {
    current: async () => {
      const text = await redis.get(name);
      return text === null ? null : (outageSchema.safeParse(asJson(text)).data ?? null);
    },
    begin: async (outage) => {
      const text = JSON.stringify({ version: 1, ...outage });
      return (await redis.set(name, text, 'PX', OUTAGE_KEPT_MS, 'NX')) === 'OK';
    },
    keep: async () => void (await redis.pexpire(name, OUTAGE_KEPT_MS)),
    end: async () => void (await redis.del(name)),
    takeProbe: async () => (await redis.set(keys.outageProbe, '1', 'PX', PROBE_LOCK_MS, 'NX')) === 'OK',
    leaveProbe: async () => void (await redis.del(keys.outageProbe)),
    suspect: async (service, table) => {
      await redis.sadd(suspects(service), table);
      await redis.expire(suspects(service), SUSPECTED_S);
      return redis.scard(suspects(service));
    },
    forgetSuspects: async () => void (await redis.del(...SERVICES.map((one) => suspects(one)))),
    openings: async (service) => Number(await redis.get(openings(service))),
    countOpening: async (service) => {
      await redis.incr(openings(service));
      await redis.expire(openings(service), OPENINGS_S);
    },
  };
}
