import type { DestinationRef, Partitioning } from '../objects/index.ts';

/** A column of a destination: the subset of BigQuery's field that Adutora decides. */
export interface DestinationColumn {
  name: string;
  /** BigQuery type in its SQL name: `INT64`, `FLOAT64`, `BOOL`, `STRING`, … */
  type: string;
  mode: 'NULLABLE' | 'REQUIRED' | 'REPEATED';
  description?: string | undefined;
  /** Digits and decimals of a NUMERIC or BIGNUMERIC; never made. */
  precision?: string | undefined;
  scale?: string | undefined;
  /** BigQuery's own shape; carried along, never made. */
  policyTags?: unknown;
}

/** What BigQuery says about a destination. */
export interface DestinationFacts {
  columns: DestinationColumn[];
  rows: number;
  /** `lastModifiedTime`, ISO with milliseconds. */
  lastModified: string;
  location: string;
  /** Rows were streamed into it that BigQuery has not stored yet. */
  hasStreamingBuffer: boolean;
  /** Changes with every change of the table's metadata. */
  etag: string;
  description: string;
  labels: Record<string, string>;
  /** Columns of the declared primary key; empty without one. */
  primaryKey: string[];
  /** Null where it has none, or one by something other than a time column. */
  partitioning: Partitioning | null;
  /** BigQuery drops partitions of a certain age by itself. */
  doPartitionsExpire: boolean;
  clustering: string[];
  /** ISO; null: never. */
  expiresAt: string | null;
}

/** What `alter` changes; what is not named stays. */
export interface TableChanges {
  /** All columns: those that are there in their order, new NULLABLE ones after them. */
  columns?: readonly DestinationColumn[];
  description?: string;
  /** Null takes a label away. */
  labels?: Record<string, string | null>;
  /** Empty takes the key away. */
  primaryKey?: readonly string[];
  /** Holds for the rows of the next load. */
  clustering?: readonly string[];
  /** ISO. */
  expiresAt?: string;
}

/**
 * `named`: a job that names the table; `hidden`: one that does not tell what it writes to;
 * `untold`: the list may not be read.
 */
export type OtherWriters = 'none' | 'named' | 'hidden' | 'untold';

/** A load job under its fixed id. */
export interface PublishJob {
  id: string;
  state: 'pending' | 'running' | 'done';
  /** Null while it runs or if it succeeded. */
  error: { reason: string; message: string; isTransient: boolean } | null;
  labels: Record<string, string>;
  /** `load` where it is a load job, `burnt` where somebody has used the id up; else `other`. */
  kind: 'load' | 'burnt' | 'other';
  destination: DestinationRef | null;
  outputRows: number | null;
  startedAt: string | null;
  endedAt: string | null;
}

export interface PublishRequest {
  id: string;
  labels: Record<string, string>;
  destination: DestinationRef;
  /** `gs://` address of every object, never a wildcard; may be empty: the table is emptied. */
  uris: readonly string[];
  columns: readonly DestinationColumn[];
  nullToken: string;
  /** `keep-schema`: WRITE_TRUNCATE_DATA; `replace-schema`: WRITE_TRUNCATE. */
  disposition: 'keep-schema' | 'replace-schema';
  /** For a table that the load makes; null and empty for one that is there. */
  partitioning: Partitioning | null;
  clustering: readonly string[];
}

/**
 * The BigQuery side. Every call carries the location. Transient faults are retried inside; what is
 * left is thrown as `DESTINATION_UNAVAILABLE`, `DESTINATION_DENIED`, `DESTINATION_INVALID` or
 * `DATASET_LOCATION`.
 */
export interface Destination {
  /**
   * Creates the dataset in our location if it is missing; `DATASET_LOCATION` if it is elsewhere.
   */
  ensureDataset(dataset: string): Promise<void>;
  /** null if the table is not there. */
  describe(destination: DestinationRef): Promise<DestinationFacts | null>;
  /**
   * Rows and last change of every table of a dataset by table name, in one request; empty if the
   * dataset is missing.
   */
  describeDataset(dataset: string): Promise<Map<string, { rows: number; lastModified: string }>>;
  hasRowAccessPolicies(destination: DestinationRef): Promise<boolean>;
  /**
   * Uses an id up with a query that does nothing, so that nobody can insert another job under it.
   * If the id is taken returns the job that has it.
   */
  burn(id: string): Promise<PublishJob>;
  /**
   * Inserts the load job; if the id is taken returns the job that has it (the caller checks that it
   * is ours).
   */
  publish(request: PublishRequest): Promise<PublishJob>;
  /** null if there is no job of that id in our location. */
  getPublish(id: string): Promise<PublishJob | null>;
  /**
   * Changes the table's metadata, rows untouched: its `lastModified` then; null if somebody has
   * changed it since `etag`, or it is gone.
   */
  alter(request: {
    destination: DestinationRef;
    etag: string;
    changes: TableChanges;
  }): Promise<{ lastModified: string } | null>;
  /**
   * What the project's list of jobs shows of others that were at work after `since` (ISO) and may
   * have written to the table. `own` are beginnings of our own jobs' ids. What is no job of this
   * project (streaming, other projects) it does not see.
   */
  otherWriters(request: {
    destination: DestinationRef;
    since: string;
    own: readonly string[];
  }): Promise<OtherWriters>;
  /**
   * Removes the table by a job of that id, and waits for its end; one that is not there is no
   * error. The id may be taken: then nothing happens.
   */
  drop(request: { id: string; destination: DestinationRef }): Promise<PublishJob>;
  /** Removes the table at once; one that is not there is no error. */
  remove(destination: DestinationRef): Promise<void>;
  /**
   * Copies a table, as it is or (`at`) as it was, over another or over itself, under job ids of
   * that name. The same id twice is one copy; a try that BigQuery itself let fail takes its id
   * along, and the next has another (`copyJobIds`). False where the source is not there, or was not
   * then. Throws `OVERTAKEN` where somebody has used the id up.
   */
  copy(request: {
    id: string;
    source: DestinationRef;
    at: Date | null;
    destination: DestinationRef;
  }): Promise<boolean>;
  /** The copy of that name that ended well; null where none did. */
  getCopy(id: string): Promise<PublishJob | null>;
}
