import { tableKey } from '../../names/index.ts';
import type { SourceColumn, TextRow } from '../../objects/index.ts';
import { type Question, toNumber } from '../question.ts';
import { type CaptureScope, tableOfRow, within } from '../scope.ts';

/** Rows by `tableKey`, in the server's order. */
export type RowsByTable = ReadonlyMap<string, readonly TextRow[]>;

export const byTable = (rows: readonly TextRow[]): RowsByTable =>
  Map.groupBy(rows, (row) => tableKey(tableOfRow(row)));

/** The rows as they came: a signature is made of their text. `toColumn` says what one means. */
export const columns: Question<RowsByTable, CaptureScope> = {
  name: 'columns',
  sql: (
    scope,
  ) => `SELECT c.TABLE_SCHEMA AS table_schema, c.TABLE_NAME AS table_name, c.COLUMN_NAME AS column_name,
 c.ORDINAL_POSITION AS position, c.DATA_TYPE AS data_type, c.COLUMN_TYPE AS column_type, c.IS_NULLABLE AS is_nullable,
 c.NUMERIC_PRECISION AS numeric_precision, c.NUMERIC_SCALE AS numeric_scale, c.DATETIME_PRECISION AS datetime_precision,
 c.CHARACTER_SET_NAME AS character_set_name, c.EXTRA AS extra, c.COLUMN_COMMENT AS column_comment
 FROM information_schema.COLUMNS c WHERE ${within(scope, 'c.TABLE_SCHEMA', 'c.TABLE_NAME')} ORDER BY 1, 2, c.ORDINAL_POSITION`,
  read: byTable,
};

export function toColumn(row: TextRow): SourceColumn {
  return {
    name: row['column_name'] ?? '',
    position: Number(row['position']),
    dataType: (row['data_type'] ?? '').toLowerCase(),
    columnType: (row['column_type'] ?? '').toLowerCase(),
    isNullable: row['is_nullable'] === 'YES',
    precision: toNumber(row['numeric_precision']),
    scale: toNumber(row['numeric_scale']),
    dateTimePrecision: toNumber(row['datetime_precision']),
    characterSet: row['character_set_name'] ?? null,
    extra: row['extra'] ?? '',
    comment: row['column_comment'] ?? '',
  };
}
