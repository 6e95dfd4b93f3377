import type { Worker } from 'bullmq';
import { reached } from '../pipeline/errors/index.ts';
import { readLoad } from '../pipeline/load/index.ts';
import { type TableRef, tableObjectKey } from '../pipeline/names/index.ts';
import type { LoadObject } from '../pipeline/objects/index.ts';
import { type IngestPayload, ingestPayloadSchema } from '../queues/payloads.ts';
import { takeTableLease } from '../redis/table-lease.ts';
import { cancelNow, runUnlessCancelled } from './cancellable-load.ts';
import { createWorker, type WorkerContext } from './create-worker.ts';
import { endAs, endBefore } from './ended-load.ts';
import { type FailContext, retryLater, settleAsFailed } from './fail-load.ts';
import { type OutcomeContext, toJobOutcome } from './load-outcome.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';
import { sweepCancelled } from './sweep-cancelled.ts';
import { waitFor } from './wait-for.ts';
import { loadFields } from './work-log.ts';

/**
 * What an outage holds loads back by is BullMQ's limit of the rate: it lies in Redis, holds for
 * every process, and ends by itself. No rate is limited otherwise. Who is held back looks again
 * within two seconds.
 */
const HELD_BACK_BY_OUTAGES = { limiter: { max: 1_000_000, duration: 1_000 }, maximumRateLimitDelay: 2_000 };

export interface IngestContext extends WorkerContext, FailContext, OutcomeContext {
  concurrency: number;
  /** Whether a person has paused the table: then its load waits. */
  isPaused(table: TableRef): Promise<boolean>;
}

type Ingest = JobContext<IngestPayload>;
type Outcome = JobOutcome<IngestPayload>;

/**
 * The worker of the `ingest` queue: one job is one load, and holds its slot while remote work goes
 * on.
 */
export function createIngestWorker(context: IngestContext): Worker {
  const worker = createWorker(
    'ingest',
    {
      schema: ingestPayloadSchema,
      work: (at) => processIngest(at, context),
      afterError: (at, error) => retryLater(at, error, context),
    },
    context,
    { concurrency: context.concurrency, ...HELD_BACK_BY_OUTAGES },
  );
  const sweep = sweepCancelled(context);
  worker.on('closing', sweep.stop);
  worker.on('completed', () => reached('F13'));
  return worker;
}

async function processIngest(at: Ingest, context: IngestContext): Promise<Outcome> {
  reached('F14');
  const { job, payload } = at;
  return payload.failure?.attemptsMade === job.attemptsMade
    ? settleAsFailed(payload, context)
    : startOrWait(at, context);
}

/** Works on the load, unless its table is paused or another load has it. */
async function startOrWait(at: Ingest, context: IngestContext): Promise<Outcome> {
  const { payload } = at;
  const isCancelled = await context.cancellations.isRequested(payload.loadId);
  if (!isCancelled && (await context.isPaused(payload.table))) return waitFor(at, 'is paused', context);
  const taken = await takeTableLease({
    redis: context.connection,
    sourceId: context.sourceId,
    key: tableObjectKey(payload.table),
    loadId: payload.loadId,
  });
  if ('heldBy' in taken) {
    // What it has begun itself can be ended beside the other load.
    const ended = isCancelled ? await cancelBeside(at, context) : null;
    return ended ?? waitFor(at, `is being loaded by ${taken.heldBy}`, context);
  }
  try {
    return await start({ ...at, signal: AbortSignal.any([at.signal, taken.lease.signal]) }, context);
  } finally {
    await taken.lease.release().catch(() => undefined);
  }
}

async function start(at: Ingest, context: IngestContext): Promise<Outcome> {
  const { payload } = at;
  const { bucket } = context.deps;
  const before = await endBefore(payload, bucket);
  if (before) return endAs(before, at, context);
  const load = await lookAgain(await readLoad(payload, bucket), payload, context);
  const { nextAttempt: attempt, runId, table } = payload;
  const { reason, engine, engineReason } = load;
  const fields = { ...loadFields(runId, table), reason, engine, engineReason, attempt };
  context.log.info(fields, 'load started');
  const outcome = await runUnlessCancelled({ ...at, load }, context);
  return toJobOutcome({ load, outcome }, at, context);
}

/**
 * Ends a load whose table another load has; null where its own publish has begun, which must wait
 * for the table.
 */
async function cancelBeside(at: Ingest, context: IngestContext): Promise<Outcome | null> {
  const load = await readLoad(at.payload, context.deps.bucket);
  const outcome = await cancelNow({ ...at, load }, context);
  return outcome && toJobOutcome({ load, outcome }, at, context);
}

/** What a table is that was locked when it was last looked at; other loads are what they are. */
async function lookAgain(
  load: LoadObject,
  payload: IngestPayload,
  context: IngestContext,
): Promise<LoadObject> {
  if (load.refusal?.code !== 'SOURCE_BUSY') return load;
  const nextAttempt = Math.max(payload.nextAttempt, payload.attemptsBefore + 1);
  await context.reshape(load, nextAttempt);
  return readLoad({ ...payload, nextAttempt }, context.deps.bucket);
}
