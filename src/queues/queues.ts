import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { historyRowJobId, loadName, queuePrefix } from '../pipeline/names/index.ts';
import type { HistoryRow } from '../pipeline/objects/index.ts';
import { parts } from '../pipeline/ports/index.ts';
import { historyJobOptions, runJobOptions, SCHEDULING } from './job-options.ts';
import { historyPayloadSchema, type RunPayload } from './payloads.ts';
import { createTolerantBackend } from './tolerant-backend.ts';

/** Queue names; others script against them. */
export const QUEUE_NAMES = ['controller', 'ingest', 'history'] as const;
/** One transaction in Redis, which serves nobody else meanwhile. */
const ADDED_AT_ONCE = 1_000;
export type QueueName = (typeof QUEUE_NAMES)[number];
export type Queues = Record<QueueName, Queue>;

/**
 * The three queues of an installation over one connection. Errors are the connection's own; BullMQ
 * wants a listener.
 */
export function createQueues(input: {
  connection: Redis;
  sourceId: string;
  onError: (error: Error) => void;
}): Queues {
  const open = (name: QueueName) => {
    const prefix = queuePrefix(input.sourceId);
    const options = { connection: input.connection, prefix, settings: SCHEDULING };
    const queue = new Queue(name, options, createTolerantBackend);
    queue.on('error', input.onError);
    return queue;
  };
  return { controller: open('controller'), ingest: open('ingest'), history: open('history') };
}

export async function closeQueues(queues: Queues): Promise<void> {
  await Promise.all(Object.values(queues).map((queue) => queue.close()));
}

/** Adds a run under its name; the same run twice is one job. */
export async function addRun(
  queues: Queues,
  payload: Omit<RunPayload, 'version' | 'interruptions'>,
): Promise<Job> {
  return queues.controller.add('run', { version: 1, ...payload }, runJobOptions(payload.runId));
}

/** Hands history rows to their queue. The id makes a row that is handed over twice one job. */
export async function addHistoryRows(queues: Queues, rows: readonly HistoryRow[]): Promise<void> {
  for (const part of parts(rows, ADDED_AT_ONCE))
    await queues.history.addBulk(
      part.map((row) => ({
        name: 'row',
        data: { version: 1, sourceId: row.source_id, row },
        opts: historyJobOptions(historyJobId(row)),
      })),
    );
}

/**
 * Hands over the row of a load that has ended. One that ends again in the same way, as after a
 * person's retry, is told anew.
 */
export async function addLoadRow(queues: Queues, row: HistoryRow): Promise<void> {
  const known = await queues.history.getJob(historyJobId(row));
  const before = historyPayloadSchema.safeParse(known?.data).data;
  if (known && before && !known.finishedOn) await known.updateData({ ...before, row });
  else await known?.remove();
  await addHistoryRows(queues, [row]);
}

/** The id of a row's job: `LOAD-aN-STATUS`. */
export function historyJobId(row: HistoryRow): string {
  const { run_id: runId, schema_name: schema, table_name: table, attempts, status } = row;
  return historyRowJobId({ loadId: loadName(runId, { schema, table }), attempts, status });
}
