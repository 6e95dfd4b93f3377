import type { Logger } from 'pino';
import { describeFailure, type Failure, type LoadError, toFailure } from '../pipeline/errors/index.ts';
import { failedRow } from '../pipeline/history/index.ts';
import {
  afterLoadFailure,
  attemptJobs,
  freshBudget,
  type LoadDeps,
  type LoadRetry,
  lastAttempt,
  readLoad,
} from '../pipeline/load/index.ts';
import type { HistoryRow } from '../pipeline/objects/index.ts';
import type { IngestPayload } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import type { Circuit } from './circuit.ts';
import { logDriverOutput } from './load-watch.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';
import { tellEnd } from './tell-end.ts';
import { waitFor } from './wait-for.ts';
import { loadFields, logLoadEnd, logRetry } from './work-log.ts';

export interface FailContext {
  queues: Queues;
  log: Logger;
  deps: LoadDeps;
  cancellations: Cancellations;
  /** Holds loads back while a service is away. */
  circuit?: Circuit | undefined;
  /** Shortens the waiting between attempts in tests; 1 in production. */
  delayFactor: number;
}

/**
 * A failure that ended no attempt: a service was away, or the load failed before there was one.
 * Later again, within bounds.
 */
export async function retryLater(
  at: JobContext<IngestPayload>,
  error: LoadError,
  context: FailContext,
): Promise<JobOutcome<IngestPayload>> {
  const { job, payload } = at;
  const { deps, log, delayFactor } = context;
  const retry = await retryOf({ error, endedAttempt: null }, payload, context);
  if (retry.next === 'wait') return waitForService(at, { error, data: retry.budget }, context);
  if (retry.next === 'later') {
    const delayMs = Math.round(retry.delayMs * delayFactor);
    logRetry(log, { payload, error, delayMs, attempt: payload.nextAttempt });
    await job.log(`${describeFailure(error)}; again in ${Math.round(delayMs / 1_000)} s`);
    return { outcome: 'later', delayMs, data: retry.budget };
  }
  const load = await readLoad(payload, deps.bucket).catch(() => null);
  const last = await lastAttempt(payload, deps.bucket);
  const attempts = Math.max(payload.attemptsBefore, last.attempts);
  const { startedAt } = last;
  const jobs = load && (await attemptJobs({ attempt: last.attempt, publish: null }, deps));
  const row = load && failedRow({ load, error, attempts, startedAt, jobs, now: deps.now() });
  // A retry by hand reads again: what is staged would be as old as this failure.
  const nextAttempt = Math.max(payload.nextAttempt, attempts + 1);
  return failLoad({ error, attempts, nextAttempt, row }, at, context);
}

/**
 * The rule (`pipeline/load/budget.ts`), once the circuit has said whether a service is away for
 * everybody.
 */
export async function retryOf(
  { error, endedAttempt }: { error: LoadError; endedAttempt: number | null },
  payload: IngestPayload,
  { circuit, deps }: FailContext,
): Promise<LoadRetry<IngestPayload>> {
  const isOutage = (await circuit?.failed({ error, table: payload.table })) ?? false;
  const failure = { isTransient: error.isTransient, endedAttempt, isOutage };
  return afterLoadFailure(payload, failure, { maxAttempts: deps.maxAttempts, random: deps.random() });
}

/** Leaves the load, with what it has used, until the service is back. */
export async function waitForService(
  at: JobContext<IngestPayload>,
  { error, data }: { error: LoadError; data: IngestPayload },
  context: FailContext,
): Promise<JobOutcome<IngestPayload>> {
  await at.job.log(`${describeFailure(error)}; again when the service is back`);
  return { ...waitFor(at, `waits for a service: ${error.code}`, context), data };
}

interface FailedLoad {
  error: LoadError;
  attempts: number;
  /** Attempt that a retry by hand goes on with. */
  nextAttempt: number;
  /** Null where nobody knows what to tell history. */
  row: HistoryRow | null;
}

/**
 * Tells how the load has failed, and leaves its job so that a retry by hand has a fresh budget
 * after the last attempt.
 */
export async function failLoad(
  { error, attempts, nextAttempt, row }: FailedLoad,
  at: JobContext<IngestPayload>,
  context: FailContext,
): Promise<JobOutcome<IngestPayload>> {
  const { job, payload } = at;
  const { queues, log, deps } = context;
  const why = toFailure(error, payload.table);
  if (row) await tellEnd({ row, failure: why }, { queues, log, bucket: deps.bucket });
  await logDriverOutput(job, error);
  if (row) logLoadEnd(log, row);
  else log.error({ ...loadFields(payload.runId, payload.table), attempts, code: error.code }, 'load failed');
  return endAsFailed({ why, attempts, isInHistory: row !== null, nextAttempt }, at, context);
}

/**
 * The failure and a fresh budget in the job's payload, from where a retry by hand goes on; then its
 * end.
 */
export function endAsFailed(
  end: { why: Failure; attempts: number; isInHistory: boolean; nextAttempt: number },
  { job: { attemptsMade }, payload }: JobContext<IngestPayload>,
  context: FailContext,
): JobOutcome<IngestPayload> {
  const { why, attempts, isInHistory, nextAttempt } = end;
  const failure = { ...why, attempts, isInHistory, attemptsMade };
  const data = { ...payload, ...freshBudget(nextAttempt), failure };
  return { ...settleAsFailed(data, context), data };
}

/**
 * The end of a load that has its failure in its payload. The wish to cancel it is forgotten last.
 */
export function settleAsFailed(
  { loadId, failure }: IngestPayload,
  { cancellations }: FailContext,
): Extract<JobOutcome<IngestPayload>, { outcome: 'failed' }> {
  return {
    outcome: 'failed',
    message: failure ? describeFailure(failure) : '',
    whenStored: () => cancellations.clear(loadId),
  };
}
