import {
  type PlacedTable,
  type TableRules,
  type TableView,
  usesHmac,
  type VerifySettings,
} from '../mapping/index.ts';
import type { Reason } from '../names/index.ts';
import { type LoadObject, type Publishing, publishingSchema, type Trigger } from '../objects/index.ts';
import { type KeyBounds, keyPredicates, type SourceTable } from '../source/index.ts';

const OBJECT_BYTES = 128 * 1024 ** 2;
/** Text is about twice as long as what InnoDB stores of a row. */
const TEXT_FACTOR = 2;
/**
 * The server's average may be stale: an object then stays under BigQuery's 4 GB all the same, up to
 * 4 KB of text a row.
 */
const LEAST_ROW_BYTES = 64;
/** Where the server knows no average: up to 64 KB of text a row. */
const UNKNOWN_ROW_BYTES = 1_024;
const MIN_ROWS_PER_OBJECT = 100;

/** `LOAD.json` of one table to load, or of one that is refused. */
export function makeLoadObject(input: {
  sourceTable: PlacedTable;
  view: TableView;
  runId: string;
  loadId: string;
  trigger: Trigger;
  reason: Reason;
  settings: VerifySettings;
  /** Range of the key, for a table that is read by several connections. */
  bounds: KeyBounds | null;
  /** Nobody has asked the server for this load. */
  asksServer?: boolean;
  /** ISO. */
  decidedAt: string;
}): LoadObject {
  const { sourceTable, settings } = input;
  const { columns, excludedColumns, refusal, tableOptions, signature, takesFingerprint } = input.view;
  const table = { schema: sourceTable.schema, table: sourceTable.table };
  return {
    version: 1,
    sourceId: settings.sourceId,
    runId: input.runId,
    loadId: input.loadId,
    trigger: input.trigger,
    reason: input.reason,
    decidedAt: input.decidedAt,
    table,
    destination: sourceTable.destination,
    sourceColumns: sourceTable.columns,
    columns,
    excludedColumns,
    maskKey: usesHmac(columns) ? settings.maskKey : null,
    refusal,
    primaryKey: sourceTable.primaryKey,
    storageEngine: sourceTable.storageEngine,
    ...input.view.choice,
    rowsEstimate: sourceTable.rowsEstimate,
    bytesEstimate: sourceTable.bytesEstimate,
    asksServer: input.asksServer ?? false,
    publishing: publishingOf(settings.rulesFor(table)),
    tableOptions,
    hasFingerprint: takesFingerprint,
    predicates: input.bounds
      ? keyPredicates(input.bounds, settings.rulesFor(table).partitions?.count ?? 1)
      : [],
    maxRowsPerObject: rowsPerObject(sourceTable.avgRowLength),
    compression: settings.compression,
    settleSeconds: settings.settleSeconds,
    signature,
  };
}

function publishingOf(rules: TableRules): Publishing {
  const { schemaChanges, rowAccessPolicies, foreignColumns, guard } = rules;
  return publishingSchema.parse({
    schemaChanges,
    rowAccessPolicies,
    foreignColumns,
    maxShrinkPercent: guard?.maxShrink,
    shrinkFromRows: guard?.from,
  });
}

/**
 * Rows that make an object of about 128 MB, by AVG_ROW_LENGTH; a server that knows no row says 0.
 */
export function rowsPerObject(avgRowLength: number | null): number {
  const bytes = avgRowLength ? Math.max(avgRowLength, LEAST_ROW_BYTES) : UNKNOWN_ROW_BYTES;
  return Math.max(Math.floor(OBJECT_BYTES / (bytes * TEXT_FACTOR)), MIN_ROWS_PER_OBJECT);
}

/**
 * The integer key column by which a table may be split; null where it has none, is not large enough
 * for it, or is read by an engine that reads by one connection.
 */
export function splitColumn(
  sourceTable: SourceTable,
  { columns, choice }: Pick<TableView, 'columns' | 'choice'>,
  { partitions }: TableRules,
): string | null {
  if (choice.engine !== 'dataproc') return null;
  if (!partitions || partitions.count < 2 || (sourceTable.bytesEstimate ?? 0) < partitions.above) return null;
  const [key, ...more] = sourceTable.primaryKey;
  const column = sourceTable.columns.find(({ name }) => name === key);
  const isInteger =
    column !== undefined && ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'].includes(column.dataType);
  // The bounds of a masked or excluded key would stand in the spec.
  const isOpen = columns.some(({ name, mask }) => name === key && mask === null);
  return isInteger && isOpen && more.length === 0 ? column.name : null;
}
