import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { startBeats } from '../queues/beats.ts';
import type { Queues } from '../queues/queues.ts';
import type { HeldJobs } from '../workers/held-jobs.ts';
import { startRescue } from '../workers/rescue.ts';

/** Shows that these workers live, and has the jobs of dead ones go on. */
export function startLife(
  { settings }: Config,
  parts: { connection: Redis; queues: Queues; log: Logger; held: HeldJobs; workers: readonly Worker[] },
): { stop(): Promise<void> } {
  const { connection } = parts;
  const sourceId = settings.SOURCE_ID;
  const beats = startBeats(connection, { redisUrl: settings.REDIS_URL, sourceId });
  for (const { id } of parts.workers) beats.add(id);
  const rescue = startRescue({ ...parts, sourceId, processId: beats.processId });
  return {
    stop: async () => {
      rescue.stop();
      await beats.stop();
    },
  };
}
