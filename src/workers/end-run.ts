import type { Logger } from 'pino';
import { type LoadError, toFailure } from '../pipeline/errors/index.ts';
import { asArgument, objectNames, tableLabel } from '../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema } from '../pipeline/objects/index.ts';
import { type Bucket, createObject, readObject } from '../pipeline/ports/index.ts';
import { failedBeforeDecisions, failureLines, goneOf } from '../pipeline/run/index.ts';
import type { RunPayload } from '../queues/payloads.ts';
import type { JobOutcome } from './settle-job.ts';
import { logRunEnd } from './work-log.ts';

/** The summary of a run that has ended, else null. */
export async function readSummary(
  { sourceId, runId }: Pick<RunPayload, 'sourceId' | 'runId'>,
  bucket: Bucket,
): Promise<SummaryObject | null> {
  return (await readObject(bucket, objectNames(sourceId).summary(runId), summaryObjectSchema))?.value ?? null;
}

/** Writes the summary of a run that ends before its decisions. Whoever wrote one first is right. */
export async function endWithError(
  payload: RunPayload,
  error: LoadError,
  { bucket, now }: { bucket: Bucket; now(): Date },
): Promise<SummaryObject> {
  const { sourceId, runId, trigger, requestedAt } = payload;
  const summary = failedBeforeDecisions({
    sourceId,
    runId,
    trigger,
    startedAt: requestedAt,
    error: toFailure(error, null),
    now: now(),
  });
  if (await createObject(bucket, objectNames(sourceId).summary(runId), summary)) return summary;
  return (await readSummary(payload, bucket)) ?? summary;
}

/**
 * The end of a run as its job tells it, for the board: counts, or one line a failed table and what
 * to do.
 */
export function announce(summary: SummaryObject, payload: RunPayload, log: Logger): JobOutcome<RunPayload> {
  logRunEnd(log, summary);
  const { loaded, skipped } = summary;
  if (summary.status === 'succeeded')
    return { outcome: 'done', result: { loaded, skipped, gone: goneOf(summary).map(tableLabel) } };
  const failed = summary.error
    ? payload.tables
    : summary.tables.filter(({ status }) => status === 'failed' || status === 'cancelled');
  const named = failed?.map(asArgument).join(' ');
  const command = failed ? `npm run enqueue -- ${named || 'table=…'}` : 'npm run run';
  const advice = `Runs are not retried. Load what failed with: ${command}`;
  return { outcome: 'failed', message: [...failureLines(summary), advice].join('\n') };
}
