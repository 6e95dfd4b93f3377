import type { TableRef } from '../names/index.ts';
import type { HistoryRow, Signature } from '../objects/index.ts';

/** What verify needs of the last `loaded` row of a table. */
export interface LastPublished extends TableRef {
  runId: string;
  publishedAt: string;
  destinationModified: string | null;
  rowsLoaded: number | null;
  /** Null where the stored text is not a signature this version accepts. */
  signature: Signature | null;
}

/** That a table was loaded at some time. */
export interface EverLoaded extends TableRef {
  /** Of its last load, ISO. */
  publishedAt: string;
}

/** A row of a run, by its table. */
export interface RowOfRun extends TableRef {
  status: HistoryRow['status'];
}

/**
 * `Historico_Execucao`. A row that is there twice is one to every reader. Throws as `Destination`
 * does, and `HISTORY_INCOMPATIBLE`.
 */
export interface History {
  /**
   * Creates dataset and table if missing; adds missing NULLABLE columns; refuses a foreign REQUIRED
   * column.
   */
  ensureTable(): Promise<void>;
  /**
   * Per table the `loaded` row with the greatest `published_at`, of rows decided at or after
   * `since`.
   */
  lastPublished(request: { sourceId: string; since: Date }): Promise<LastPublished[]>;
  /** Every table that was ever loaded, however long ago. */
  everLoaded(request: { sourceId: string }): Promise<EverLoaded[]>;
  /**
   * Merges rows by their key in one statement; never replaces a `loaded` row. At most 500 rows a
   * call.
   */
  merge(rows: readonly HistoryRow[]): Promise<void>;
  /**
   * Which tables of a run have a row; `loaded` where one of several says so. `decidedAt` is that of
   * the run's `tables.json`.
   */
  rowsOfRun(request: { sourceId: string; runId: string; decidedAt: string }): Promise<RowOfRun[]>;
  /**
   * Per table the row, not of a skip, of the load that ended last (`decided_at` where that is not
   * told), of rows decided at or after `since`.
   */
  newestLoads(request: { sourceId: string; since: Date }): Promise<HistoryRow[]>;
  /** Newest rows first, for people. */
  recent(request: {
    sourceId: string;
    table?: TableRef;
    runId?: string;
    limit: number;
  }): Promise<HistoryRow[]>;
}
