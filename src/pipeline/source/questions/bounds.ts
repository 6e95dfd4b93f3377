import { quoteIdentifier, type TableRef } from '../../names/index.ts';
import type { Question } from '../question.ts';
import { fromName } from '../scope.ts';

/** A key column and its bounds as MySQL printed them. */
export interface KeyBounds {
  column: string;
  low: string | null;
  high: string | null;
}

/**
 * Least and greatest value of a key column, as text. A table that is locked has none: it is read by
 * one connection then.
 */
export const bounds: Question<Omit<KeyBounds, 'column'>, { table: TableRef; column: string }> = {
  name: 'bounds',
  isOptional: true,
  sql: ({ table, column }) => {
    const key = quoteIdentifier(column);
    return `SELECT CAST(MIN(${key}) AS CHAR) AS low, CAST(MAX(${key}) AS CHAR) AS high FROM ${fromName(table)}`;
  },
  read: ([row]) => ({ low: row?.['low'] ?? null, high: row?.['high'] ?? null }),
};

/**
 * WHERE conditions that split an integer key's range into `count` parts of equal width; the first
 * is open below and the last above, so that no row falls between. Empty where there is nothing to
 * split.
 */
export function keyPredicates({ column, low, high }: KeyBounds, count: number): string[] {
  if (low === null || high === null || count < 2) return [];
  const first = BigInt(low);
  const width = BigInt(high) - first + 1n;
  const parts = width < BigInt(count) ? Number(width) : count;
  if (parts < 2) return [];
  const key = quoteIdentifier(column);
  const cuts = Array.from(
    { length: parts - 1 },
    (_, index) => first + (width * BigInt(index + 1)) / BigInt(parts),
  );
  return [
    `${key} < ${cuts[0]}`,
    ...cuts.slice(1).map((cut, index) => `${key} >= ${cuts[index]} AND ${key} < ${cut}`),
    `${key} >= ${cuts.at(-1)}`,
  ];
}
