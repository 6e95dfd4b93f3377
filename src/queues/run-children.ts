import type { Job } from 'bullmq';
import { parseJobKey } from '../pipeline/names/index.ts';

/**
 * What the job of a run has recorded of its loads, by LOAD. BullMQ keeps it as long as the run's
 * job, while of the loads' own jobs only so many are kept: a run of more loads than that ends by
 * this record.
 */
export interface RunChildren {
  /** What the completed ones returned. */
  results: ReadonlyMap<string, unknown>;
  /** Why the failed ones failed. */
  failures: ReadonlyMap<string, string>;
  /** Those that the run waits for. */
  open: ReadonlySet<string>;
}

export async function childrenOf(job: Pick<Job, 'getDependencies'>): Promise<RunChildren> {
  const { processed = {}, ignored = {}, unprocessed = [] } = await job.getDependencies();
  return {
    results: new Map(Object.entries(processed).map(([key, result]) => [loadOf(key), result])),
    failures: new Map(Object.entries(ignored).map(([key, reason]) => [loadOf(key), String(reason)])),
    open: new Set(unprocessed.map(loadOf)),
  };
}

/** A child's id is its LOAD. */
function loadOf(key: string): string {
  return parseJobKey(key)?.id ?? key;
}
