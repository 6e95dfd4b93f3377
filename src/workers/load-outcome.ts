import { describeFailure, reached } from '../pipeline/errors/index.ts';
import type { LoadOutcome } from '../pipeline/load/index.ts';
import type { LoadObject } from '../pipeline/objects/index.ts';
import type { IngestPayload, IngestResult } from '../queues/payloads.ts';
import { type FailContext, failLoad, retryOf, waitForService } from './fail-load.ts';
import { logDriverOutput } from './load-watch.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';
import { tellEnd } from './tell-end.ts';
import { logLoadEnd, logRetry } from './work-log.ts';

export interface OutcomeContext extends FailContext {
  /** Looks at an altered table anew, for the attempt that comes. */
  reshape(load: LoadObject, attemptNumber: number): Promise<void>;
}

/**
 * What a load's outcome means for its job. Where it has ended, bucket and history are told first.
 */
export async function toJobOutcome(
  { load, outcome }: { load: LoadObject; outcome: LoadOutcome },
  at: JobContext<IngestPayload>,
  context: OutcomeContext,
): Promise<JobOutcome<IngestPayload>> {
  if ('error' in outcome) {
    const { error } = outcome;
    const endedAttempt = outcome.outcome === 'later' ? outcome.nextAttempt - 1 : outcome.attempt;
    const retry = await retryOf({ error, endedAttempt }, at.payload, context);
    if (retry.next === 'wait') return waitForService(at, { error, data: retry.budget }, context);
  }
  switch (outcome.outcome) {
    case 'loaded':
    case 'superseded':
      return endWell(outcome, context);
    case 'later':
      return nextAttemptLater({ load, outcome }, at, context);
    case 'failed': {
      const { error, row, attempt: attempts, nextAttempt } = outcome;
      return failLoad({ error, row, attempts, nextAttempt }, at, context);
    }
  }
}

async function endWell(
  outcome: Extract<LoadOutcome, { outcome: 'loaded' | 'superseded' }>,
  context: OutcomeContext,
): Promise<JobOutcome<IngestPayload>> {
  const { row, attempt: attempts, dataObjects } = outcome;
  if (outcome.outcome === 'superseded') {
    await tellEnd({ row, failure: null }, { ...context, bucket: context.deps.bucket });
    logLoadEnd(context.log, row);
    await removeData(dataObjects, context);
    const result: IngestResult = { status: 'superseded', rowsLoaded: null, attempts };
    return { outcome: 'done', result };
  }
  await context.circuit?.succeeded();
  // Before the end is told: whoever dies after that finds it, and looks for nothing more. A publish
  // needs no stage to be told.
  await removeData(dataObjects, context);
  await tellEnd({ row, failure: null }, { ...context, bucket: context.deps.bucket });
  reached('F12');
  logLoadEnd(context.log, row);
  const result: IngestResult = { status: 'loaded', rowsLoaded: row.rows_loaded, attempts };
  return { outcome: 'done', result };
}

async function nextAttemptLater(
  { load, outcome }: { load: LoadObject; outcome: Extract<LoadOutcome, { outcome: 'later' }> },
  { job, payload }: JobContext<IngestPayload>,
  context: OutcomeContext,
): Promise<JobOutcome<IngestPayload>> {
  const { error, nextAttempt, spared, interruptions } = outcome;
  const delayMs = Math.round(outcome.delayMs * context.delayFactor);
  const attempt = nextAttempt - 1;
  logRetry(context.log, { payload, error, delayMs, attempt });
  const seconds = Math.round(delayMs / 1_000);
  await job.log(`attempt ${attempt} failed: ${describeFailure(error)}; the next in ${seconds} s`);
  await logDriverOutput(job, error);
  if (error.code === 'SOURCE_CHANGED_SHAPE') await context.reshape(load, nextAttempt);
  return { outcome: 'later', delayMs, data: { ...payload, nextAttempt, spared, interruptions } };
}

/**
 * The data objects are of no use any more; the bucket's lifecycle rule takes what cannot be removed
 * now.
 */
async function removeData(names: string[], { deps, log }: OutcomeContext): Promise<void> {
  await deps.bucket
    .remove(names)
    .catch((error: Error) => log.warn({ err: error.message }, 'stage not removed'));
}
