import { quoteIdentifier, type TableRef } from '../names/index.ts';
import type { MappedColumn } from '../objects/index.ts';

/** Alias of a row's own checksum in the SELECT of a table with `fingerprint: checksum`. */
export const FINGERPRINT_ALIAS = 'fp';
/** Hex digits of each half that is summed: 60 bits, which BIGINT UNSIGNED and Spark's conv() hold. */
const HALF = 15;

/**
 * SHA-256 of one row, cut to what is summed: MySQL 9.7 has no MD5() without a component. QUOTE makes the text of each value unambiguous (quotes escaped, NULL a bare word), so that no two rows
 * that differ are joined to one text. NULL where that text, or one quoted value, is longer than max_allowed_packet: CONCAT
 * passes that NULL on, where CONCAT_WS would leave the value out without a word.
 */
export function rowFingerprint(columns: readonly Pick<MappedColumn, 'expression'>[]): string {
  const values = columns.map(({ expression }) => `CONVERT(QUOTE(${expression}) USING utf8mb4)`);
  return `LEFT(SHA2(CONCAT(${values.join(", ',', ")}), 256), ${2 * HALF})`;
}

/**
 * One row: `total` rows, `summed` rows that have a checksum, and the sums of both halves of it. A sum sees every row,
 * doubled ones too, in any order; Spark makes the same sums of the rows it stages.
 */
export function fingerprintQuery({ schema, table }: TableRef, columns: readonly MappedColumn[]): string {
  const sum = (half: string) =>
    `CAST(COALESCE(SUM(CAST(CONV(${half}(${FINGERPRINT_ALIAS}, ${HALF}), 16, 10) AS UNSIGNED)), 0) AS CHAR)`;
  return `SELECT CAST(COUNT(*) AS CHAR) AS total, CAST(COUNT(${FINGERPRINT_ALIAS}) AS CHAR) AS summed, ${sum('LEFT')} AS low, ${sum('RIGHT')} AS high
 FROM (SELECT ${rowFingerprint(columns)} AS ${FINGERPRINT_ALIAS} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)}) r`;
}

/** The fingerprint as it is compared and stored, `rows:sum:sum`; null where a row was too long to have one. */
export function fingerprintText(row: {
  total: string;
  summed: string;
  low: string;
  high: string;
}): string | null {
  return row.total === row.summed ? `${row.total}:${row.low}:${row.high}` : null;
}
