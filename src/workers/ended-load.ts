import { LoadError, toFailure } from '../pipeline/errors/index.ts';
import { readLoadEnd } from '../pipeline/history/index.ts';
import { readCancelled } from '../pipeline/load/index.ts';
import type { EndedLoad } from '../pipeline/objects/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import type { IngestPayload, IngestResult } from '../queues/payloads.ts';
import { addHistoryRows } from '../queues/queues.ts';
import { endAsFailed, type FailContext } from './fail-load.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';

/**
 * How a load has ended that Redis takes for an open one: an older copy of Redis brings back what
 * has been done, or cancelled, since. Null where it has not ended, or a person has had it tried
 * again.
 */
export async function endBefore(payload: IngestPayload, bucket: Bucket): Promise<EndedLoad | null> {
  return payload.failure || payload.isReopened ? null : readLoadEnd(payload, bucket);
}

/** The same end for the job of such a load; history may have lost the row with Redis. */
export async function endAs(
  end: EndedLoad,
  at: JobContext<IngestPayload>,
  context: FailContext,
): Promise<JobOutcome<IngestPayload>> {
  const { payload } = at;
  const { row } = end;
  await addHistoryRows(context.queues, [row]);
  const { status, attempts, rows_loaded: rowsLoaded } = row;
  if (status === 'loaded' || status === 'superseded') {
    const result: IngestResult = { status, rowsLoaded, attempts };
    return { outcome: 'done', result };
  }
  const why =
    end.failure ?? toFailure(new LoadError('UNEXPECTED', `It ended before: ${status}.`), payload.table);
  // What a person has cancelled is tried again beyond the attempts that may not be published any
  // more.
  const cancelled = await readCancelled(payload, context.deps.bucket);
  const last = Math.max(attempts, cancelled?.upToAttempt ?? 0);
  return endAsFailed({ why, attempts, isInHistory: true, nextAttempt: last + 1 }, at, context);
}
