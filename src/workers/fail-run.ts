import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import { describeError, type LoadError, toLoadError } from '../pipeline/errors/index.ts';
import { attemptDelayMs } from '../pipeline/load/index.ts';
import { objectNames } from '../pipeline/names/index.ts';
import type { SummaryObject } from '../pipeline/objects/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import type { RunPayload } from '../queues/payloads.ts';
import { runOfName } from '../queues/unfinished-runs.ts';
import { announce, endWithError } from './end-run.ts';
import { WAITING } from './job-steps.ts';
import { tellProgress } from './run-progress.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';

/** A run is tried again this often at most: about two weeks at the longest delay, as its history rows. */
const MAX_SETBACKS = 2_000;

export interface FailRunContext {
  sourceId: string;
  bucket: Bucket;
  log: Logger;
  /** How long a run without decisions is tried again, counted from its request. */
  catchUpMs: number;
  /** Shortens the waiting between tries in tests; 1 in production. */
  delayFactor: number;
  now(): Date;
  random(): number;
}

/** A run that cannot reach something is tried again; one that may not be ends with its error. */
export async function retryRunLater(
  { job, payload }: JobContext<RunPayload>,
  met: LoadError,
  context: FailRunContext,
): Promise<JobOutcome<RunPayload>> {
  let error = met;
  const setbacks = payload.setbacks + 1;
  const delayMs = Math.round(attemptDelayMs(setbacks, context.random()) * context.delayFactor);
  const resumesAt = context.now().getTime() + delayMs;
  const isLast = setbacks > MAX_SETBACKS;
  let summary: SummaryObject | null = null;
  try {
    if (isLast || (await isOver({ payload, error, resumesAt }, context)))
      summary = await endWithError(payload, error, context);
  } catch (cause) {
    // No run ends without its summary: who looks for it would wait for ever.
    error = toLoadError(cause);
    if (isLast) return { outcome: 'failed', message: describeError(error) };
  }
  if (summary) return announce(summary, payload, context.log);
  const message = `${describeError(error)}; again in ${Math.round(delayMs / 1_000)} s`;
  context.log.warn({ runId: payload.runId, code: error.code, setbacks, delayMs }, 'run waiting');
  await tellProgress(job, { step: WAITING, message }, context);
  return { outcome: 'later', delayMs, data: { ...payload, setbacks } };
}

/** Only a run without decisions grows too old: once they are made its loads go their way, and it can still end as it should. */
async function isOver(
  { payload, error, resumesAt }: { payload: RunPayload; error: LoadError; resumesAt: number },
  { bucket, catchUpMs }: FailRunContext,
): Promise<boolean> {
  if (!error.isTransient) return true;
  if (resumesAt < Date.parse(payload.requestedAt) + catchUpMs) return false;
  return !(await bucket.exists(objectNames(payload.sourceId).tables(payload.runId)));
}

/**
 * A run whose payload cannot be read goes on from the bucket by what was decided. One without decisions fails, with its summary: who
 * looks for that would wait for ever.
 */
export async function knownRun(
  job: Job,
  error: LoadError,
  context: FailRunContext,
): Promise<RunPayload | null> {
  const known = runOfName(job);
  if (!known) return null;
  const { sourceId, bucket, log } = context;
  const payload = { version: 1 as const, sourceId, ...known, tables: null, isForced: false, setbacks: 0 };
  if (await bucket.exists(objectNames(sourceId).tables(known.runId))) {
    log.warn({ runId: known.runId }, 'the run goes on from what was decided');
    return payload;
  }
  await endWithError(payload, error, context);
  return null;
}
