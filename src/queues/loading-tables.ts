import type { TableRef } from '../pipeline/table-ref.ts';
import { ingestPayloadSchema } from './payloads.ts';
import type { Queues } from './queues.ts';

/** Tables that have an unfinished load of another run than `run`. */
export async function loadingTables(queues: Queues, run: string): Promise<TableRef[]> {
  const jobs = await queues.ingest.getJobs(['active', 'waiting', 'delayed', 'prioritized']);
  return jobs.flatMap((job) => {
    const payload = ingestPayloadSchema.safeParse(job?.data);
    return payload.success && payload.data.run !== run ? [payload.data.table] : [];
  });
}
