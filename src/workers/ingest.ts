import { DelayedError, type Job, UnrecoverableError, type Worker } from 'bullmq';
import { describeError, type LoadError, reached, toLoadError } from '../pipeline/errors/index.ts';
import { failedRow } from '../pipeline/history/index.ts';
import {
  attemptDelayMs,
  attemptJobs,
  type LoadDeps,
  type LoadOutcome,
  lastAttempt,
  readLoad,
} from '../pipeline/load/index.ts';
import { type TableRef, tableLabel, tableObjectKey } from '../pipeline/names/index.ts';
import type { HistoryRow, LoadObject } from '../pipeline/objects/index.ts';
import { type IngestPayload, type IngestResult, ingestPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { messageOf } from '../queues/unfinished-runs.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { takeTableLease } from '../redis/table-lease.ts';
import { cancelNow, runUnlessCancelled } from './cancellable-load.ts';
import type { Circuit } from './circuit.ts';
import { createWorker, hasSettledJob, isNewer, type WorkerContext } from './create-worker.ts';
import { endAs, endBefore } from './ended-load.ts';
import { logDriverOutput } from './load-watch.ts';
import { readPayload } from './read-payload.ts';
import { sweepCancelled } from './sweep-cancelled.ts';
import { tellEnd } from './tell-end.ts';
import { loadFields, logLoadEnd, logSetBack } from './work-log.ts';

const WAIT_MS = 10_000;
/**
 * What an outage holds loads back by is BullMQ's limit of the rate: it lies in Redis, holds for every process, and ends by itself. No rate is
 * limited otherwise. Who is held back looks again within two seconds.
 */
const HELD_BACK_BY_OUTAGES = { limiter: { max: 1_000_000, duration: 1_000 }, maximumRateLimitDelay: 2_000 };
/** A service may be away this many times as often as a load may have attempts. */
const SETBACKS_PER_ATTEMPT = 4;

export interface IngestContext extends WorkerContext {
  queues: Queues;
  concurrency: number;
  deps: LoadDeps;
  cancellations: Cancellations;
  /** Whether a person has paused the table: then its load waits. */
  isPaused(table: TableRef): Promise<boolean>;
  /** Looks at an altered table anew, for the attempt that comes. */
  reshape(load: LoadObject, attemptNumber: number): Promise<void>;
  /** Holds loads back while a service is away. */
  circuit?: Circuit | undefined;
  /** Shortens the waiting between attempts in tests; 1 in production. */
  delayFactor: number;
}

/** The worker of the `ingest` queue: one job is one load, and holds its slot while remote work goes on. */
export function createIngestWorker(context: IngestContext): Worker {
  const worker = createWorker(
    'ingest',
    (job, token, signal) => processIngest(job, { token, signal, context }),
    context,
    { concurrency: context.concurrency, ...HELD_BACK_BY_OUTAGES },
  );
  const sweep = sweepCancelled(context);
  worker.on('closing', sweep.stop);
  worker.on('completed', () => reached('F13'));
  return worker;
}

interface Visit {
  token: string;
  signal: AbortSignal;
  context: IngestContext;
}

async function processIngest(job: Job, visit: Visit): Promise<IngestResult> {
  const { context } = visit;
  const payload = readPayload(ingestPayloadSchema, job, context);
  reached('F14');
  try {
    if (payload.failure?.attemptsMade === job.attemptsMade) return await failAgain(payload, visit);
    return await takeUp(job, payload, visit);
  } catch (thrown) {
    if (visit.signal.aborted || hasSettledJob(thrown) || isNewer(thrown)) throw thrown;
    return await setBack({ job, payload, error: toLoadError(thrown) }, visit);
  }
}

/** Works on the load, unless its table is paused or another load has it. */
async function takeUp(job: Job, payload: IngestPayload, visit: Visit): Promise<IngestResult> {
  const { context } = visit;
  const isCancelled = await context.cancellations.isRequested(payload.loadId);
  if (!isCancelled && (await context.isPaused(payload.table)))
    return wait({ job, payload, why: 'is paused' }, visit);
  const taken = await takeTableLease({
    redis: context.connection,
    sourceId: context.sourceId,
    key: tableObjectKey(payload.table),
    loadId: payload.loadId,
  });
  if ('heldBy' in taken) {
    // What it has begun itself can be ended beside the other load.
    const ended = isCancelled ? await cancelBeside(job, payload, visit) : null;
    return ended ?? wait({ job, payload, why: `is being loaded by ${taken.heldBy}` }, visit);
  }
  try {
    const before = await endBefore(payload, context.deps.bucket);
    if (before) {
      const ended = await endAs(before, {
        job,
        payload,
        queues: context.queues,
        bucket: context.deps.bucket,
      });
      return 'result' in ended ? ended.result : await failAgain(ended.failed, visit);
    }
    const signal = AbortSignal.any([visit.signal, taken.lease.signal]);
    const load = await lookAgain(await readLoad(payload, context.deps.bucket), payload, context);
    const { nextAttempt: attempt, runId, table } = payload;
    context.log.info({ ...loadFields(runId, table), reason: load.reason, attempt }, 'load started');
    const outcome = await runUnlessCancelled({ job, load, payload, signal }, context);
    return await translate({ job, payload, load, outcome }, visit);
  } finally {
    await taken.lease.release().catch(() => undefined);
  }
}

/** Ends a load whose table another load has; null where its own publish has begun, which must wait for the table. */
async function cancelBeside(job: Job, payload: IngestPayload, visit: Visit): Promise<IngestResult | null> {
  const load = await readLoad(payload, visit.context.deps.bucket);
  const outcome = await cancelNow({ job, load, payload, signal: visit.signal }, visit.context);
  return outcome && translate({ job, payload, load, outcome }, visit);
}

/** What a table is that was locked when it was last looked at; other loads are what they are. */
async function lookAgain(
  load: LoadObject,
  payload: IngestPayload,
  context: IngestContext,
): Promise<LoadObject> {
  if (load.refusal?.code !== 'SOURCE_BUSY') return load;
  const nextAttempt = Math.max(payload.nextAttempt, payload.base + 1);
  await context.reshape(load, nextAttempt);
  return readLoad({ ...payload, nextAttempt }, context.deps.bucket);
}

/** What waits for another load, or for a person, holds no slot. */
async function wait(
  { job, payload, why }: { job: Job; payload: IngestPayload; why: string },
  visit: Visit,
): Promise<never> {
  const { runId, table } = payload;
  const message = `${tableLabel(table)} ${why}`;
  const isNew = messageOf(job.progress) !== message;
  if (isNew) visit.context.log.info({ ...loadFields(runId, table), why }, 'load waiting');
  await job.updateProgress({ step: 'waiting', message });
  return delay(job, Math.round(WAIT_MS * visit.context.delayFactor), visit);
}

async function translate(
  done: { job: Job; payload: IngestPayload; load: LoadObject; outcome: LoadOutcome },
  visit: Visit,
): Promise<IngestResult> {
  const { job, payload, load, outcome } = done;
  const { context } = visit;
  if ('error' in outcome && (await isAway(outcome.error, payload, context))) {
    const nextAttempt = outcome.outcome === 'later' ? outcome.nextAttempt : outcome.attempt + 1;
    const spared = { ...payload, nextAttempt, spared: payload.spared + 1 };
    return waitForService({ job, payload: spared, error: outcome.error }, visit);
  }
  switch (outcome.outcome) {
    case 'loaded': {
      await context.circuit?.succeeded();
      // Before the end is told: whoever dies after that finds it, and looks for nothing more. A publish needs no stage to be told.
      await removeData(outcome.dataObjects, context);
      await tellEnd(outcome.row, { ...context, bucket: context.deps.bucket });
      reached('F12');
      logLoadEnd(context.log, outcome.row);
      return { status: 'loaded', rowsLoaded: outcome.row.rows_loaded, attempts: outcome.attempt };
    }
    case 'superseded': {
      await tellEnd(outcome.row, { ...context, bucket: context.deps.bucket });
      logLoadEnd(context.log, outcome.row);
      await removeData(outcome.dataObjects, context);
      return { status: 'superseded', rowsLoaded: null, attempts: outcome.attempt };
    }
    case 'later': {
      const delayMs = Math.round(outcome.delayMs * context.delayFactor);
      const { error, nextAttempt } = outcome;
      logSetBack(context.log, { payload, error, delayMs, attempt: nextAttempt - 1 });
      await job.log(
        `attempt ${nextAttempt - 1} failed: ${describeError(error)}; the next in ${Math.round(delayMs / 1_000)} s`,
      );
      await logDriverOutput(job, error);
      if (error.code === 'SOURCE_CHANGED_SHAPE') await context.reshape(load, nextAttempt);
      await job.updateData({ ...payload, nextAttempt });
      return delay(job, delayMs, visit);
    }
    case 'failed':
      return fail(
        {
          job,
          payload,
          error: outcome.error,
          attempts: outcome.attempt,
          nextAttempt: outcome.nextAttempt,
          row: outcome.row,
        },
        visit,
      );
  }
}

/** The data objects are of no use any more; the bucket's lifecycle rule takes what cannot be removed now. */
async function removeData(names: string[], context: IngestContext): Promise<void> {
  await context.deps.bucket
    .remove(names)
    .catch((error: Error) => context.log.warn({ err: error.message }, 'stage not removed'));
}

/** A service was away, or the load failed before an attempt could be told: later again, within bounds. */
async function setBack(
  { job, payload, error }: { job: Job; payload: IngestPayload; error: LoadError },
  visit: Visit,
): Promise<never> {
  const { deps, delayFactor } = visit.context;
  if (await isAway(error, payload, visit.context)) return waitForService({ job, payload, error }, visit);
  const setbacks = payload.setbacks + 1;
  if (error.isTransient && setbacks <= SETBACKS_PER_ATTEMPT * deps.maxAttempts) {
    const delayMs = Math.round(attemptDelayMs(setbacks, deps.random()) * delayFactor);
    logSetBack(visit.context.log, { payload, error, delayMs, attempt: payload.nextAttempt });
    await job.log(`${describeError(error)}; again in ${Math.round(delayMs / 1_000)} s`);
    await job.updateData({ ...payload, setbacks });
    return delay(job, delayMs, visit);
  }
  const load = await readLoad(payload, deps.bucket).catch(() => null);
  const last = await lastAttempt(payload, deps.bucket);
  const attempts = Math.max(payload.base, last.attempts);
  const { startedAt } = last;
  const jobs = load && (await attemptJobs({ attempt: last.attempt, publish: null }, deps));
  const row = load && failedRow({ load, error, attempts, startedAt, jobs, now: deps.now() });
  // A retry by hand reads again: what is staged would be as old as this failure.
  const nextAttempt = Math.max(payload.nextAttempt, attempts + 1);
  return fail({ job, payload, error, attempts, nextAttempt, row }, visit);
}

/** Whether a service is away for everybody: then a failure uses up nothing. */
async function isAway(
  error: LoadError,
  { table }: IngestPayload,
  { circuit }: IngestContext,
): Promise<boolean> {
  return (await circuit?.failed({ error, table })) ?? false;
}

/** Leaves the load as it is until the service is back. */
async function waitForService(
  { job, payload, error }: { job: Job; payload: IngestPayload; error: LoadError },
  visit: Visit,
): Promise<never> {
  await job.log(`${describeError(error)}; again when the service is back`);
  await job.updateData(payload);
  return wait({ job, payload, why: `waits for a service: ${error.code}` }, visit);
}

/** Fails the job for good, and leaves it so that a retry by hand has a fresh budget after the last attempt. */
async function fail(
  end: {
    job: Job;
    payload: IngestPayload;
    error: LoadError;
    attempts: number;
    /** Attempt that a retry by hand goes on with. */
    nextAttempt: number;
    /** Null where nobody knows what to tell history. */
    row: HistoryRow | null;
  },
  visit: Visit,
): Promise<never> {
  const { job, payload, error, attempts, nextAttempt, row } = end;
  const { queues, log, deps } = visit.context;
  if (row) await tellEnd(row, { queues, log, bucket: deps.bucket });
  await logDriverOutput(job, error);
  const { attemptsMade } = job;
  const isTold = row !== null;
  const failure = { code: error.code, message: describeError(error), attempts, isTold, attemptsMade };
  const failed = { ...payload, base: nextAttempt - 1, nextAttempt, setbacks: 0, spared: 0, failure };
  await job.updateData(failed);
  if (row) logLoadEnd(log, row);
  else log.error({ ...loadFields(payload.runId, payload.table), attempts, code: error.code }, 'load failed');
  return failAgain(failed, visit);
}

/** The last steps of a load that has failed. Only now the wish to cancel it is forgotten: who dies before finds it, who dies here the failure. */
async function failAgain({ loadId, failure }: IngestPayload, { context }: Visit): Promise<never> {
  await context.cancellations.clear(loadId);
  throw new UnrecoverableError(failure?.message);
}

async function delay(job: Job, delayMs: number, { token, context }: Visit): Promise<never> {
  await job.moveToDelayed(context.deps.now().getTime() + delayMs, token);
  throw new DelayedError();
}
