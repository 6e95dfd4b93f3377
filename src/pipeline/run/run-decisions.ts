import type { TableRef } from '../names/index.ts';
import type { DecidedTable, LoadObject, TablesObject, Trigger } from '../objects/index.ts';

export interface RunRequest {
  runId: string;
  trigger: Trigger;
  tables: readonly TableRef[] | null;
  isForced: boolean;
  startedAt: string;
}

/** What a run has decided, before it is written. */
export interface RunDecisions {
  server: TablesObject['server'];
  tables: DecidedTable[];
  /**
   * Made one by one as they are written: ten thousand at once would fill the memory of a worker.
   */
  loads: Iterable<LoadObject>;
}
