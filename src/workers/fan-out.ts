import type { Job } from 'bullmq';
import type { TablesObject } from '../pipeline/objects/run.ts';
import { ingestJobOptions } from '../queues/job-options.ts';
import type { Queues } from '../queues/queues.ts';

/** Adds one `ingest` child a table to load. The ids are the loads' names: doing it twice adds nothing. */
export async function fanOut(input: {
  job: Job;
  tables: TablesObject;
  queues: Queues;
  maxAttempts: number;
}): Promise<void> {
  const { job, tables, queues, maxAttempts } = input;
  if (!job.id) return;
  const parent = { id: job.id, queue: job.queueQualifiedName };
  const { sourceId, run } = tables;
  const children = tables.tables.flatMap(({ schema, table, load }) =>
    load === null
      ? []
      : [
          {
            name: 'load',
            data: { version: 1, sourceId, run, load, table: { schema, table } },
            opts: { ...ingestJobOptions(load, maxAttempts), parent, ignoreDependencyOnFailure: true },
          },
        ],
  );
  await queues.ingest.addBulk(children);
}
