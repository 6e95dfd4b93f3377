import type { Job, Worker } from 'bullmq';
import { newestPerKey } from '../pipeline/objects/index.ts';
import type { History } from '../pipeline/ports/index.ts';
import { type HistoryPayload, historyPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { createWorker, type WorkerContext } from './create-worker.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';

const BATCH_ROWS = 500;

export interface HistoryContext extends WorkerContext {
  queues: Queues;
  history: History;
}

/**
 * The worker of the `history` queue: whoever processes one job merges all waiting rows with it, in
 * one statement.
 */
export function createHistoryWorker(context: HistoryContext): Worker {
  let ready: Promise<void> | null = null;
  const ensureTable = () => {
    ready ??= context.history.ensureTable().catch((error) => {
      ready = null;
      throw error;
    });
    return ready;
  };
  const work = async ({ payload }: JobContext<HistoryPayload>): Promise<JobOutcome<HistoryPayload>> => {
    try {
      const merged = await mergeRows(payload, { context, ensureTable });
      return { outcome: 'done', result: { merged } };
    } catch (error) {
      // The table may be gone: the next try looks, and makes it again.
      ready = null;
      throw error;
    }
  };
  return createWorker('history', { schema: historyPayloadSchema, work }, context, { concurrency: 1 });
}

/** How many rows the statement has merged; none where another job's has merged this one. */
async function mergeRows(
  payload: HistoryPayload,
  { context, ensureTable }: { context: HistoryContext; ensureTable: () => Promise<void> },
): Promise<number> {
  if (payload.isMerged) return 0;
  const waiting = await waitingRows(context);
  await ensureTable();
  await context.history.merge(newestPerKey([payload.row, ...waiting.map(({ row }) => row)]));
  await Promise.all(
    waiting.map(({ job: other, payload: its }) => other.updateData({ ...its, isMerged: true })),
  );
  return waiting.length + 1;
}

/** Rows that wait behind this one; unreadable ones are left to fail by themselves. */
async function waitingRows(
  context: HistoryContext,
): Promise<{ job: Job; payload: HistoryPayload; row: HistoryPayload['row'] }[]> {
  const jobs = await context.queues.history.getJobs(['waiting'], 0, BATCH_ROWS - 2, true);
  return jobs.flatMap((job) => {
    const parsed = historyPayloadSchema.safeParse(job?.data);
    const isUsable = parsed.success && !parsed.data.isMerged && parsed.data.sourceId === context.sourceId;
    return isUsable ? [{ job, payload: parsed.data, row: parsed.data.row }] : [];
  });
}
