import type { TextRow } from '../../objects/index.ts';
import type { Question } from '../question.ts';
import { type CaptureScope, within } from '../scope.ts';
import { byTable, type RowsByTable } from './columns.ts';

/**
 * The rows as they came: a signature is made of their text. `primaryKeyOf` says what those of one
 * table mean.
 */
export const keys: Question<RowsByTable, CaptureScope> = {
  name: 'keys',
  sql: (
    scope,
  ) => `SELECT s.TABLE_SCHEMA AS table_schema, s.TABLE_NAME AS table_name, s.INDEX_NAME AS index_name,
 s.NON_UNIQUE AS non_unique, s.SEQ_IN_INDEX AS seq, s.COLUMN_NAME AS column_name, s.SUB_PART AS sub_part
 FROM information_schema.STATISTICS s WHERE ${within(scope, 's.TABLE_SCHEMA', 's.TABLE_NAME')} ORDER BY 1, 2, 3, 5`,
  read: byTable,
};

/** Columns of the primary key, in key order; empty without one. */
export function primaryKeyOf(rows: readonly TextRow[]): string[] {
  return rows.filter((row) => row['index_name'] === 'PRIMARY').map((row) => row['column_name'] ?? '');
}
