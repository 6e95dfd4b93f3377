import type { LoadObject, PublishObject, Spec } from '../objects/index.ts';
import type { DestinationFacts, PublishJob } from '../ports/index.ts';

/** A publish that BigQuery says has succeeded. */
export interface Loaded {
  load: LoadObject;
  /** Of the attempt that was published. */
  spec: Pick<Spec, 'ticket' | 'attemptId' | 'attemptNumber'>;
  job: PublishJob;
  rowsStaged: number;
  /** What `publish.json` says of the destination before. */
  before: PublishObject['before'];
}

/** By the job's own count. */
export function countDifference({ job, rowsStaged }: Loaded): string | null {
  if (job.outputRows === rowsStaged) return null;
  return `BigQuery loaded ${job.outputRows} of ${rowsStaged} staged rows with ${job.id}.`;
}

/** By the rows that the table has. What is older than its partitions may be is gone as soon as it is loaded; people have told BigQuery so. */
export function rowDifference(
  { destination: { dataset, table } }: LoadObject,
  rowsStaged: number,
  facts: DestinationFacts | null,
): string | null {
  if (!facts || facts.rows === rowsStaged) return null;
  if (facts.doPartitionsExpire && facts.rows < rowsStaged) return null;
  return `${dataset}.${table} holds ${facts.rows} rows after ${rowsStaged} were loaded.`;
}
