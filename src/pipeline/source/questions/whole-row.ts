import type { TableRef } from '../../names/index.ts';
import type { Capture } from '../../objects/index.ts';
import { errnoOf, type Question } from '../question.ts';
import { fromName } from '../scope.ts';

/** SELECT refused for the table (of `SELECT *`, on both servers), or for a column. */
const DENIED: ReadonlySet<number | null> = new Set([1142, 1143]);

/**
 * A whole row of a table, but none of its rows: the server refuses it to whoever may not read every
 * visible column.
 */
export const wholeRow: Question<null, TableRef> = {
  name: 'whole_row',
  isOptional: true,
  sql: (table) => `SELECT * FROM ${fromName(table)} LIMIT 0`,
  read: () => null,
};

export const isDenied = (errno: number | null): boolean => DENIED.has(errno);

/** Whether a capture of one table was refused the whole row; false where it was not asked. */
export function isWholeRowDenied(capture: Capture): boolean {
  return isDenied(errnoOf(capture, wholeRow));
}
