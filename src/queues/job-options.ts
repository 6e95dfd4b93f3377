import type { AdvancedRepeatOptions, JobsOptions, WorkerOptions } from 'bullmq';
import { nextSlot } from '../cron/slots.ts';
import { QUEUE_TRIES, queueDelayMs } from '../pipeline/load/index.ts';

const RETENTION = { age: 14 * 86_400, count: 20_000 };

/**
 * Options of every job. Finished jobs stay 14 days, at most 20,000 a queue: a name that is still
 * known is what makes fan-out and history idempotent.
 */
export const KEEP_FINISHED: JobsOptions = { removeOnComplete: RETENTION, removeOnFail: RETENTION };

/**
 * BullMQ waits for the slots that are made up for. By itself it ends a schedule for good at the
 * first night it cannot make out.
 */
export const SCHEDULING: AdvancedRepeatOptions = {
  repeatStrategy: (afterMs, { pattern: cron = '', tz: timeZone = 'UTC' }) =>
    nextSlot({ cron, timeZone }, new Date(afterMs))?.getTime(),
};

/**
 * A worker may die this often under one job before BullMQ gives the job up. The default of 1 loses
 * a table to two kills (measured).
 */
const MAX_STALLED_COUNT = 1_000;

/**
 * Options of every worker: locks of 30 s, dead workers noticed within 10 s of the lock's end; the
 * delays of BullMQ's own attempts.
 */
export const WORKER_OPTIONS: Pick<
  WorkerOptions,
  'lockDuration' | 'stalledInterval' | 'maxStalledCount' | 'drainDelay' | 'settings'
> = {
  lockDuration: 30_000,
  stalledInterval: 10_000,
  maxStalledCount: MAX_STALLED_COUNT,
  drainDelay: 5,
  settings: { ...SCHEDULING, backoffStrategy: queueDelayMs },
};

/** BullMQ's own exponential delays know no limit: the twentieth would be half a year. */
const BACKOFF = { type: 'capped' };

/**
 * Options of a `run` job. BullMQ's own attempts are only a safety net (`pipeline/load/budget.ts`).
 */
export function runJobOptions(runId: string): JobsOptions {
  return { ...KEEP_FINISHED, jobId: runId, attempts: QUEUE_TRIES.run, backoff: BACKOFF };
}

/**
 * Options of an `ingest` job. BullMQ's own attempts are only a safety net beyond the named ones.
 */
export function ingestJobOptions(loadId: string, maxAttempts: number): JobsOptions {
  return { ...KEEP_FINISHED, jobId: loadId, attempts: QUEUE_TRIES.load(maxAttempts), backoff: BACKOFF };
}

/**
 * Options of a history job: it waits for BigQuery as long as it takes (about two weeks at the
 * longest delay).
 */
export function historyJobOptions(jobId: string): JobsOptions {
  return { ...KEEP_FINISHED, jobId, attempts: QUEUE_TRIES.historyRow, backoff: BACKOFF };
}
