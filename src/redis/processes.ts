import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys } from '../pipeline/names/index.ts';
import { asJson } from './as-json.ts';

const BEAT_MS = 20_000;
/** A process that has not been heard of for this long is gone. */
const GONE_AFTER_MS = 60_000;

const processSchema = z.strictObject({
  /** `host:pid`. */
  name: z.string(),
  roles: z.array(z.string()),
  version: z.string(),
  startedAt: z.string(),
  /** Settings that are no secret, as text. */
  settings: z.record(z.string(), z.string()),
  seenAt: z.number(),
});
export type ProcessRecord = Omit<z.infer<typeof processSchema>, 'seenAt'>;

const key = (sourceId: string) => redisKeys(sourceId).processes;

/** Says every 20 s that this process is alive and what it was told, until stopped. */
export function announceProcess(
  redis: Redis,
  sourceId: string,
  record: ProcessRecord,
): { stop(): Promise<void> } {
  const beat = () =>
    redis
      .hset(key(sourceId), record.name, JSON.stringify({ ...record, seenAt: Date.now() }))
      // Redis being away is told by the connection itself.
      .catch(() => undefined);
  void beat();
  const timer = setInterval(() => void beat(), BEAT_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      // Redis may be away: the record then ends by its age.
      if (redis.status === 'ready') await redis.hdel(key(sourceId), record.name).catch(() => undefined);
    },
  };
}

/** The processes of an installation that are alive; forgets those that are gone. */
export async function aliveProcesses(redis: Redis, sourceId: string, now: number): Promise<ProcessRecord[]> {
  const records = Object.entries(await redis.hgetall(key(sourceId))).map(([name, text]) => ({
    name,
    record: processSchema.safeParse(asJson(text)).data,
  }));
  const isAlive = ({ record }: (typeof records)[number]) =>
    record !== undefined && now - record.seenAt < GONE_AFTER_MS;
  const gone = records.filter((one) => !isAlive(one)).map(({ name }) => name);
  // Whoever may not write is told so elsewhere.
  if (gone.length > 0) await redis.hdel(key(sourceId), ...gone).catch(() => undefined);
  return records.filter(isAlive).flatMap(({ record }) => record ?? []);
}
