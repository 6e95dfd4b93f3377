import { LoadError, toFailure } from '../errors/index.ts';
import {
  type MappedColumn,
  type Partitioning,
  type TableOptions,
  tableOptionsSchema,
} from '../objects/index.ts';
import type { SourceTable } from '../source/index.ts';
import type { MappedTable } from './map-table.ts';

/** Key `bigquery` of a table's rules. */
export interface TableOptionRules {
  partitionBy?: { column: string; granularity: Partitioning['granularity'] } | undefined;
  clusterBy?: readonly string[] | undefined;
  labels?: Record<string, string> | undefined;
  /** Milliseconds. */
  expiration?: number | undefined;
  recreate?: boolean | undefined;
}

/** BigQuery's limits, in characters. */
const TABLE_DESCRIPTION = 16_384;
const COLUMN_DESCRIPTION = 1_024;
const MAX_KEY_COLUMNS = 16;
const KEY_TYPES = new Set([
  'INT64',
  'NUMERIC',
  'BIGNUMERIC',
  'BOOL',
  'STRING',
  'DATE',
  'DATETIME',
  'TIMESTAMP',
]);
const PARTITION_TYPES = new Set(['DATE', 'DATETIME', 'TIMESTAMP']);
const CLUSTER_TYPES = new Set([...KEY_TYPES, 'BYTES']);

/**
 * How the destination of a table is to be. Throws `TABLE_DESIGN_INVALID` where a rule does not fit
 * the table.
 */
export function optionsOf(
  sourceTable: Pick<SourceTable, 'schema' | 'table' | 'comment' | 'columns' | 'primaryKey'>,
  columns: readonly MappedColumn[],
  rules: TableOptionRules = {},
): TableOptions {
  const find = finder(columns);
  const { partitionBy, clusterBy = [], labels = {}, expiration, recreate = false } = rules;
  const partition = partitionBy && find(partitionBy.column, 'partitionBy', PARTITION_TYPES);
  if (partition?.bigqueryType === 'DATE' && partitionBy?.granularity === 'HOUR')
    throw new LoadError(
      'TABLE_DESIGN_INVALID',
      `partitionBy ${partition.name} is a DATE, which has no hours.`,
    );
  return {
    description: sourceTable.comment.slice(0, TABLE_DESCRIPTION),
    columnDescriptions: describedColumns(sourceTable, columns),
    primaryKey: declarableKey(sourceTable, columns),
    partitioning:
      partition && partitionBy
        ? { column: partition.destinationName, granularity: partitionBy.granularity }
        : null,
    clustering: clusterBy.map((name) => find(name, 'clusterBy', CLUSTER_TYPES).destinationName),
    labels,
    expirationMs: expiration ?? null,
    recreate,
  };
}

/** Nothing is wanted of the destination but its rows and columns. */
export const NO_DESIGN: TableOptions = tableOptionsSchema.parse({});

/** How a table arrives, and how its destination is to be. */
export interface TableShape extends MappedTable {
  tableOptions: TableOptions;
}

/** The mapping with its table options; a rule that does not fit refuses the table. */
export function withTableOptions(
  sourceTable: SourceTable,
  mapped: MappedTable,
  rules?: TableOptionRules,
): TableShape {
  if (mapped.refusal) return { ...mapped, tableOptions: NO_DESIGN };
  try {
    return { ...mapped, tableOptions: optionsOf(sourceTable, mapped.columns, rules) };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { ...mapped, tableOptions: NO_DESIGN, refusal: toFailure(error, sourceTable) };
  }
}

function finder(columns: readonly MappedColumn[]) {
  return (name: string, rule: string, types: ReadonlySet<string>): MappedColumn => {
    const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    const problem = !found
      ? 'is no column that arrives'
      : types.has(found.bigqueryType)
        ? null
        : `arrives as ${found.bigqueryType}, which BigQuery does not take for that`;
    if (found && problem === null) return found;
    throw new LoadError('TABLE_DESIGN_INVALID', `${rule} ${name} ${problem}.`);
  };
}

function describedColumns(
  { columns: sources }: Pick<SourceTable, 'columns'>,
  columns: readonly MappedColumn[],
): Record<string, string> {
  const comments = new Map(sources.map(({ name, comment }) => [name, comment]));
  const described = columns.flatMap(({ name, destinationName }) => {
    const comment = comments.get(name) ?? '';
    return comment ? [[destinationName, comment.slice(0, COLUMN_DESCRIPTION)] as const] : [];
  });
  return Object.fromEntries(described);
}

/**
 * BigQuery's optimiser believes a declared key: only one whose every part arrives as it is, and
 * never as NULL.
 */
function declarableKey(
  { primaryKey }: Pick<SourceTable, 'primaryKey'>,
  columns: readonly MappedColumn[],
): string[] {
  const parts = primaryKey.map((name) => columns.find((column) => column.name === name));
  const isDeclarable = parts.every(
    (part) =>
      part && !part.mask && KEY_TYPES.has(part.bigqueryType) && (!part.tag || part.tag.action === 'error'),
  );
  if (!isDeclarable || parts.length > MAX_KEY_COLUMNS) return [];
  return parts.flatMap((part) => (part ? [part.destinationName] : []));
}
