import type { TableRef } from '../../names/index.ts';
import type { MappedColumn } from '../../objects/index.ts';
import type { Question } from '../question.ts';
import { fromName } from '../scope.ts';

/** Alias of a row's own checksum in the SELECT of a table with `fingerprint: checksum`. */
export const FINGERPRINT_ALIAS = 'fp';
/**
 * Hex digits of each half that is summed: 60 bits, which BIGINT UNSIGNED and Spark's conv() hold.
 */
const HALF = 15;

/**
 * SHA-256 of one row, cut to what is summed: MySQL 9.7 has no MD5() without a component. QUOTE
 * makes the text of each value unambiguous (quotes escaped, NULL a bare word), so that no two rows
 * that differ are joined to one text. NULL where that text, or one quoted value, is longer than
 * max_allowed_packet: CONCAT passes that NULL on, where CONCAT_WS would leave the value out without
 * a word.
 */
export function rowFingerprint(columns: readonly Pick<MappedColumn, 'expression'>[]): string {
  const values = columns.map(({ expression }) => `CONVERT(QUOTE(${expression}) USING utf8mb4)`);
  return `LEFT(SHA2(CONCAT(${values.join(", ',', ")}), 256), ${2 * HALF})`;
}

/**
 * `rows:sum:sum` of a table: a sum sees every row, doubled ones too, in any order, and Spark makes
 * the same sums of the rows it stages. Null where the server refused, or a row is too long to have
 * a checksum. One row comes: `total` rows, `summed` rows that have a checksum, and the sums of both
 * halves of it.
 */
export const fingerprint: Question<
  string | null,
  { table: TableRef; columns: readonly Pick<MappedColumn, 'expression'>[] }
> = {
  name: 'fingerprint',
  isOptional: true,
  sql: ({ table, columns }) => {
    const sum = (half: string) =>
      `CAST(COALESCE(SUM(CAST(CONV(${half}(${FINGERPRINT_ALIAS}, ${HALF}), 16, 10) AS UNSIGNED)), 0) AS CHAR)`;
    return `SELECT CAST(COUNT(*) AS CHAR) AS total, CAST(COUNT(${FINGERPRINT_ALIAS}) AS CHAR) AS summed, ${sum('LEFT')} AS low, ${sum('RIGHT')} AS high
 FROM (SELECT ${rowFingerprint(columns)} AS ${FINGERPRINT_ALIAS} FROM ${fromName(table)}) r`;
  },
  read: ([row]) => {
    const { total, summed, low, high } = row ?? {};
    return total && summed && low && high && total === summed ? `${total}:${low}:${high}` : null;
  },
};
