import type { Job } from 'bullmq';
import { reached } from '../pipeline/crash-point.ts';
import type { TablesObject } from '../pipeline/objects/run.ts';
import { inLoadOrder, waveOf } from '../pipeline/run/waves.ts';
import type { Cancellations } from '../queues/cancellations.ts';
import { ingestJobOptions } from '../queues/job-options.ts';
import type { Queues } from '../queues/queues.ts';

const LOOK_UPS_AT_ONCE = 500;
/** One transaction in Redis, which serves nobody else meanwhile. */
const ADDED_AT_ONCE = 1_000;

/**
 * Adds one `ingest` child a table to load. The ids are the loads' names: doing it twice adds nothing. Only those that are
 * missing are added, because adding a child that has failed makes its parent wait for it again (measured).
 */
export async function fanOut(input: {
  job: Job;
  tables: TablesObject;
  queues: Queues;
  cancellations: Pick<Cancellations, 'endOf'>;
  maxAttempts: number;
}): Promise<void> {
  const { job, tables, queues, cancellations, maxAttempts } = input;
  if (!job.id) return;
  const parent = { id: job.id, queue: job.queueQualifiedName };
  const { sourceId, run, decidedAt } = tables;
  const children = inLoadOrder(tables.tables).flatMap(({ schema, table, load, reason }) =>
    load === null
      ? []
      : [
          {
            name: 'load',
            data: { version: 1, sourceId, run, load, table: { schema, table }, decidedAt },
            opts: {
              ...ingestJobOptions(load, maxAttempts),
              // Jobs without a priority go before all others; those of one priority in the order in which they were added.
              priority: waveOf(reason),
              parent,
              ignoreDependencyOnFailure: true,
            },
          },
        ],
  );
  const absent = await missing(children, { queues, cancellations });
  for (let start = 0; start < absent.length; start += ADDED_AT_ONCE) {
    await queues.ingest.addBulk(absent.slice(start, start + ADDED_AT_ONCE));
    reached('F5');
  }
}

async function missing<T extends { data: { load: string } }>(
  children: readonly T[],
  { queues, cancellations }: { queues: Queues; cancellations: Pick<Cancellations, 'endOf'> },
): Promise<T[]> {
  const absent: T[] = [];
  for (let start = 0; start < children.length; start += LOOK_UPS_AT_ONCE) {
    const part = children.slice(start, start + LOOK_UPS_AT_ONCE);
    const areMissing = await Promise.all(
      part.map(async ({ data: { load } }) => {
        // One that was cancelled while it waited has no job any more, and is to have none.
        const isUnknown = (await queues.ingest.getJobState(load)) === 'unknown';
        return isUnknown && (await cancellations.endOf(load)) === null;
      }),
    );
    absent.push(...part.filter((_, index) => areMissing[index]));
  }
  return absent;
}
