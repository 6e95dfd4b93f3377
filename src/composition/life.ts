import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Queues } from '../queues/queues.ts';
import { startBeats } from '../redis/beats.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { type Circuit, keepCircuit } from '../workers/circuit.ts';
import type { HeldJobs } from '../workers/held-jobs.ts';
import { startRescue } from '../workers/rescue.ts';
import { startRunDeadlines } from '../workers/run-deadlines.ts';
import { clock } from './adapters.ts';

/**
 * Shows that these workers live, has the jobs of dead ones go on, ends runs that take too long, and
 * looks for the end of outages.
 */
export function startLife(
  { settings }: Config,
  parts: {
    connection: Redis;
    queues: Queues;
    cancellations: Cancellations;
    log: Logger;
    held: HeldJobs;
    circuit: Circuit;
    workers: readonly Worker[];
  },
): { stop(): Promise<void> } {
  const { connection } = parts;
  const sourceId = settings.SOURCE_ID;
  const workers = parts.workers.map(({ id }) => id);
  const beats = startBeats(connection, { redisUrl: settings.REDIS_URL, sourceId, workers });
  const rescue = startRescue({ ...parts, sourceId, processId: beats.processId });
  const deadlines = startRunDeadlines({
    ...parts,
    deadlineMs: settings.RUN_DEADLINE,
    now: clock.now,
  });
  const circuit = keepCircuit(parts.circuit, parts.log);
  return {
    stop: async () => {
      circuit.stop();
      deadlines.stop();
      rescue.stop();
      await beats.stop();
    },
  };
}
