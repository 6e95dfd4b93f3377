import { plural, type TableRef, tableLabel } from '../names/index.ts';
import type { Refusal } from '../objects/index.ts';
import { type Finding, fail, failWith, ok, warn } from './finding.ts';

/** A pattern of `include` or `exclude`, and where it stands. */
export interface TablePattern {
  where: string;
  matches(table: TableRef): boolean;
}

/**
 * Patterns that match no table: a typing error, or the table is gone. What it was to keep out may
 * be loaded under another name.
 */
export function judgePatterns(patterns: readonly TablePattern[], tables: readonly TableRef[]): Finding[] {
  const idle = patterns.filter(({ matches }) => !tables.some(matches)).map(({ where }) => where);
  if (idle.length === 0) return [];
  const told = idle.slice(0, TOLD).join('; ');
  const found = `adutora.yml: no table matches ${told}${idle.length > TOLD ? ` and ${idle.length - TOLD} more` : ''}`;
  return [warn('rules.patterns', found, 'Correct the pattern, or take it away.')];
}

/** As many as people read; the rest is counted. */
const TOLD = 10;

/**
 * Tables that every run would refuse as the rules and their columns are; those that are not shown
 * whole are told elsewhere.
 */
export function judgeRules({
  looked,
  refused: all,
}: {
  looked: number;
  refused: readonly (TableRef & { refusal: Refusal })[];
}): Finding[] {
  const refused = all.filter(({ refusal }) => refusal.code !== 'SOURCE_COLUMNS_HIDDEN');
  if (refused.length === 0)
    return [ok('rules.fit', `adutora.yml and the columns of ${plural(looked, 'table')} fit`)];
  const told = refused.slice(0, TOLD).map(({ refusal: { code, message, hint }, ...table }) => {
    return failWith('rules.fit', code, `${tableLabel(table)} would be refused: ${message}`, hint);
  });
  const more = refused.length - told.length;
  return more > 0
    ? [...told, fail('rules.fit', `and ${plural(more, 'table')} more`, 'See: npm run plan')]
    : told;
}
