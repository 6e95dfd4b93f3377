import type { DecidedTable, UnknownCost } from '../objects/index.ts';
import { cacheAdvice, type Dictionary } from '../source/index.ts';
import { UNKNOWN_REASONS } from './decision.ts';

/** Part of a run's tables from which eviction is worth a word. */
const EVICTED_SHARE = 0.2;

/**
 * What a run loads only because its state is not known, and what would make more of it known; null
 * where that is nothing.
 */
export function unknownCost(
  tables: readonly Pick<DecidedTable, 'decision' | 'reason' | 'bytesEstimate'>[],
  dictionary: Dictionary | null,
): UnknownCost | null {
  const unknown = tables.filter(({ decision, reason }) => decision === 'load' && UNKNOWN_REASONS.has(reason));
  if (unknown.length === 0) return null;
  const reasons = [...Map.groupBy(unknown, ({ reason }) => reason)].map(([reason, found]) => ({
    reason,
    tables: found.length,
    bytes: found.reduce((sum, { bytesEstimate }) => sum + (bytesEstimate ?? 0), 0),
  }));
  const evicted = reasons.find(({ reason }) => reason === 'unknown_evicted')?.tables ?? 0;
  const isEvicting = evicted > EVICTED_SHARE * tables.length;
  return {
    reasons: reasons.sort((a, b) => b.tables - a.tables),
    advice:
      isEvicting && dictionary ? `MySQL forgets when rows were written: ${cacheAdvice(dictionary)}` : null,
  };
}

/** A line a reason, for people; `shownBytes` prints a size. */
export function unknownLines(cost: UnknownCost | null, shownBytes: (bytes: number) => string): string[] {
  if (!cost) return [];
  const lines = cost.reasons.map(
    ({ reason, tables, bytes }) => `${tables} (${shownBytes(bytes)}) only because of ${reason}`,
  );
  return [`Loaded without a known change: ${lines.join(', ')}.`, ...(cost.advice ? [cost.advice] : [])];
}
