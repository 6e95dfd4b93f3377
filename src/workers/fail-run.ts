import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import { describeFailure, type LoadError, toLoadError } from '../pipeline/errors/index.ts';
import { afterRunFailure, type RunRetry } from '../pipeline/load/index.ts';
import { objectNames } from '../pipeline/names/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import type { RunPayload } from '../queues/payloads.ts';
import { runOfName } from '../queues/unfinished-runs.ts';
import { announce, endWithError } from './end-run.ts';
import { WAITING } from './job-steps.ts';
import { tellProgress } from './run-progress.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';

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
  const { runId, interruptions } = payload;
  const { bucket, log } = context;
  const run = {
    interruptions,
    ageMs: context.now().getTime() - Date.parse(payload.requestedAt),
    isTransient: met.isTransient,
    isDecided: false,
    canEnd: true,
  };
  const isDecided = () => bucket.exists(objectNames(payload.sourceId).tables(runId));
  const chance = { ...context, random: context.random() };
  let error = met;
  let retry: RunRetry;
  try {
    retry = afterRunFailure(run, chance);
    // Only a run that would end asks for its decisions.
    if (retry.next === 'fail' && met.isTransient && (await isDecided()))
      retry = afterRunFailure({ ...run, isDecided: true }, chance);
    if (retry.next === 'fail') return announce(await endWithError(payload, met, context), payload, log);
  } catch (cause) {
    error = toLoadError(cause);
    retry = afterRunFailure({ ...run, canEnd: false }, chance);
  }
  if (retry.next === 'fail') return { outcome: 'failed', message: describeFailure(error) };
  const { next: _, ...told } = retry;
  log.warn({ runId, code: error.code, ...told }, 'run waiting');
  const message = `${describeFailure(error)}; again in ${Math.round(told.delayMs / 1_000)} s`;
  await tellProgress(job, { step: WAITING, message }, context);
  return { outcome: 'later', delayMs: told.delayMs, data: { ...payload, interruptions: told.interruptions } };
}

/**
 * A run whose payload cannot be read goes on from the bucket by what was decided. One without
 * decisions fails, with its summary: who looks for that would wait for ever.
 */
export async function knownRun(
  job: Job,
  error: LoadError,
  context: FailRunContext,
): Promise<RunPayload | null> {
  const known = runOfName(job);
  if (!known) return null;
  const { sourceId, bucket, log } = context;
  const payload = {
    version: 1 as const,
    sourceId,
    ...known,
    tables: null,
    isForced: false,
    interruptions: 0,
  };
  if (await bucket.exists(objectNames(sourceId).tables(known.runId))) {
    log.warn({ runId: known.runId }, 'the run goes on from what was decided');
    return payload;
  }
  await endWithError(payload, error, context);
  return null;
}
