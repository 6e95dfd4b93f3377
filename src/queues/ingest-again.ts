import { type Failure, LoadError, toFailure } from '../pipeline/errors/index.ts';
import type { TableRef } from '../pipeline/names/index.ts';
import { ingestJobOptions } from './job-options.ts';
import { ingestPayloadSchema, recordOf } from './payloads.ts';
import type { Queues } from './queues.ts';

/**
 * Has a load that has ended go on from its last attempt, instead of with a new one: its job is
 * retried, or made anew where Redis no longer knows it. A load that is under way is left alone.
 */
export async function ingestAgain(
  { ingest }: Queues,
  load: { sourceId: string; runId: string; loadId: string; table: TableRef },
): Promise<void> {
  const { sourceId, runId, loadId, table } = load;
  const data = { version: 1, sourceId, runId, loadId, table, isReopened: true };
  const known = await ingest.getJob(loadId);
  if (!known) {
    await ingest.add('load', data, ingestJobOptions(loadId, 1));
    return;
  }
  const state = await known.getState();
  if (state === 'completed')
    throw new LoadError('NOTHING_TO_ACCEPT', `${loadId} has been published already.`);
  if (state === 'failed') {
    const before = ingestPayloadSchema.safeParse(known.data).data ?? data;
    await known.updateData({ ...before, nextAttempt: 0, interruptions: 0, failure: null, isReopened: true });
    await known.retry('failed');
  }
}

/**
 * How a load's job stands: null while it is under way, `unknown` where Redis does not know it, else
 * whether it failed and why.
 */
export async function ingestEnd(
  { ingest }: Queues,
  loadId: string,
): Promise<{ failure: Failure | null } | 'unknown' | null> {
  const job = await ingest.getJob(loadId);
  if (!job) return 'unknown';
  const state = await job.getState();
  if (state === 'completed') return { failure: null };
  if (state !== 'failed') return null;
  const told = ingestPayloadSchema.safeParse(job.data).data;
  if (told?.failure) return { failure: recordOf(told.failure) };
  const why = job.failedReason || 'The job failed without an error message.';
  return { failure: toFailure(new LoadError('LOAD_ABANDONED', why), told?.table ?? null) };
}
