/** A rule of a bucket's lifecycle. */
export interface LifecycleRule {
  /** `Delete`, `SetStorageClass`, … */
  action: string;
  /** Null where the rule has no age. */
  ageDays: number | null;
  /** `matchesPrefix`; none: every object. */
  prefixes: string[];
}

export interface BucketFacts {
  location: string;
  lifecycle: LifecycleRule[];
}

export interface DatasetFacts {
  location: string;
  /** Milliseconds after which new tables vanish; null: never. */
  tableExpirationMs: number | null;
  partitionExpirationMs: number | null;
}

export interface ClusterFacts {
  /** Dataproc's own word: `RUNNING`, `STOPPED`, … */
  state: string;
  /** Such as `2.2.58-debian12`. */
  imageVersion: string;
  /** Bucket of the driver output; null where Dataproc does not say. */
  outputBucket: string | null;
}

/**
 * What `doctor` asks of Google; changes nothing but for `tryWriting`. Throws as `Stage`,
 * `Destination` and `RemoteJobs` do.
 */
export interface Inspection {
  bucket(): Promise<BucketFacts>;
  /** Creates an object under `doctor/` and removes it. */
  tryWritingObjects(): Promise<void>;
  /** Null where there is none. */
  dataset(name: string): Promise<DatasetFacts | null>;
  /** Runs `SELECT 1`. */
  tryQuery(): Promise<void>;
  /** Creates a table in the dataset and removes it. */
  tryWritingTables(dataset: string): Promise<void>;
  cluster(): Promise<ClusterFacts | null>;
}
