import type { TableRef } from '../pipeline/names/index.ts';
import { type IngestPayload, ingestPayloadSchema } from './payloads.ts';
import type { Queues } from './queues.ts';

/** Every load that has not ended, of any run. */
export async function unfinishedLoads(
  queues: Queues,
): Promise<Pick<IngestPayload, 'runId' | 'loadId' | 'table'>[]> {
  const jobs = await queues.ingest.getJobs(['active', 'waiting', 'delayed', 'prioritized']);
  return jobs.flatMap((job) => {
    const payload = ingestPayloadSchema.safeParse(job?.data);
    return payload.success ? [payload.data] : [];
  });
}

/** Tables that have an unfinished load of another run than `run`. */
export async function loadingTables(queues: Queues, runId: string): Promise<TableRef[]> {
  return (await unfinishedLoads(queues)).filter((load) => load.runId !== runId).map(({ table }) => table);
}
