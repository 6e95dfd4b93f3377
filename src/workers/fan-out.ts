import type { Job } from 'bullmq';
import { reached } from '../pipeline/errors/index.ts';
import { endedLoads } from '../pipeline/history/index.ts';
import type { TablesObject } from '../pipeline/objects/index.ts';
import { type Bucket, mapAtOnce, parts } from '../pipeline/ports/index.ts';
import { inLoadOrder, waveOf } from '../pipeline/verify/index.ts';
import { ingestJobOptions } from '../queues/job-options.ts';
import type { Queues } from '../queues/queues.ts';
import { childrenOf } from '../queues/run-children.ts';
import type { Cancellations } from '../redis/cancellations.ts';

const LOOK_UPS_AT_ONCE = 500;
/** One transaction in Redis, which serves nobody else meanwhile. */
const ADDED_AT_ONCE = 1_000;

/**
 * Adds one `ingest` child a table to load. The ids are the loads' names: doing it twice adds
 * nothing. Only those that the run does not know, or whose job is gone, are added, because adding a
 * child that has failed makes its parent wait for it again (measured). Returns their names.
 */
export async function fanOut(input: {
  job: Job;
  tables: TablesObject;
  queues: Queues;
  bucket: Pick<Bucket, 'list'>;
  cancellations: Pick<Cancellations, 'endOf'>;
  maxAttempts: number;
}): Promise<string[]> {
  const { job, tables, queues, maxAttempts } = input;
  if (!job.id) return [];
  const parent = { id: job.id, queue: job.queueQualifiedName };
  const { sourceId, runId, decidedAt } = tables;
  const children = inLoadOrder(tables.tables).flatMap(({ schema, table, loadId, reason }) =>
    loadId === null
      ? []
      : [
          {
            name: 'load',
            data: { version: 1, sourceId, runId, loadId, table: { schema, table }, decidedAt },
            opts: {
              ...ingestJobOptions(loadId, maxAttempts),
              // Jobs without a priority go before all others; those of one priority in the order in
              // which they were added.
              priority: waveOf(reason),
              parent,
              ignoreDependencyOnFailure: true,
            },
          },
        ],
  );
  const absent = await missing(children, input);
  for (const part of parts(absent, ADDED_AT_ONCE)) {
    await queues.ingest.addBulk(part);
    reached('F5');
  }
  return absent.map(({ data }) => data.loadId);
}

async function missing<T extends { data: { loadId: string } }>(
  children: readonly T[],
  { job, tables, bucket, ...context }: Omit<Parameters<typeof fanOut>[0], 'maxAttempts'>,
): Promise<T[]> {
  const { results, failures, open } = await childrenOf(job);
  const unsettled = children.filter(({ data: { loadId } }) => !results.has(loadId) && !failures.has(loadId));
  // Redis may have forgotten, or never known, what has ended: the bucket has not.
  const ended = unsettled.length > 0 ? await endedLoads(tables, bucket) : new Set();
  const areMissing = await mapAtOnce(unsettled, LOOK_UPS_AT_ONCE, ({ data: { loadId } }) =>
    isMissing(loadId, { ...context, hasEnded: ended.has(loadId), isWaitedFor: open.has(loadId) }),
  );
  return unsettled.filter((_, index) => areMissing[index]);
}

/**
 * Where the run's job was made anew, its loads may have theirs still: they are added, which gives
 * them back to it.
 */
async function isMissing(
  loadId: string,
  known: {
    queues: Queues;
    cancellations: Pick<Cancellations, 'endOf'>;
    hasEnded: boolean;
    isWaitedFor: boolean;
  },
): Promise<boolean> {
  const state = await known.queues.ingest.getJobState(loadId);
  if (state !== 'unknown') return !known.isWaitedFor && state !== 'failed';
  // A run that waits for a load without a job would wait for ever.
  if (known.isWaitedFor) return true;
  // One that was cancelled while it waited has no job any more, and is to have none.
  return !known.hasEnded && (await known.cancellations.endOf(loadId)) === null;
}
