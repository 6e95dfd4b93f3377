import { quoteIdentifier, type TableRef } from '../../names/index.ts';
import type { MappedColumn, Partitioning } from '../../objects/index.ts';
import { fromName } from '../scope.ts';
import { FINGERPRINT_ALIAS, rowFingerprint } from './fingerprint.ts';

/** A load that makes more partitions of its destination is refused by BigQuery. */
const MAX_PARTITIONS = 4_000;

/**
 * The SELECT of a table by the expressions that are given: aliases `c0`, `c1`, … and, where it is
 * asked for, `fp`; no WHERE, ending in the FROM clause. Read by `spark/adutora_jdbc.py`, as the two
 * below.
 */
export function selectQuery(
  table: TableRef,
  columns: readonly Pick<MappedColumn, 'expression'>[],
  options: { fingerprintOf: readonly MappedColumn[] | null },
): string {
  const list = columns.map(({ expression }, index) => `${expression} AS c${index}`);
  if (options.fingerprintOf && columns.length > 0)
    list.push(`${rowFingerprint(options.fingerprintOf)} AS ${FINGERPRINT_ALIAS}`);
  return `SELECT ${list.join(', ')} FROM ${fromName(table)}`;
}

/** One row, one column. */
export function countQuery(table: TableRef): string {
  return `SELECT COUNT(*) FROM ${fromName(table)}`;
}

/**
 * One row, one column: how many partitions of the destination the rows make, counted up to one more
 * than is allowed. Null without partitioning.
 */
export function partitionsQuery(
  table: TableRef,
  columns: readonly MappedColumn[],
  partitioning: Partitioning | null,
): string | null {
  const column = columns.find(({ destinationName }) => destinationName === partitioning?.column);
  if (!partitioning || !column) return null;
  const name = quoteIdentifier(column.name);
  const texts = { HOUR: '%Y-%m-%d %H', DAY: '%Y-%m-%d', MONTH: '%Y-%m', YEAR: '%Y' };
  return `SELECT COUNT(*) FROM (SELECT DISTINCT DATE_FORMAT(${name}, '${texts[partitioning.granularity]}') AS p FROM ${fromName(table)} LIMIT ${MAX_PARTITIONS + 1}) d`;
}
