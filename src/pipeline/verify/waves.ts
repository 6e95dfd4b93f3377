import type { Reason } from '../names/index.ts';
import type { DecidedTable } from '../objects/index.ts';
import { UNKNOWN_REASONS } from './decision.ts';

/**
 * What is waited for goes first: 0 what a person asked for, 1 what is known to differ, 2 what is
 * only not known.
 */
export type Wave = 0 | 1 | 2;

export function waveOf(reason: Reason): Wave {
  if (reason === 'forced') return 0;
  return UNKNOWN_REASONS.has(reason) || reason === 'stale' ? 2 : 1;
}

/**
 * The tables to load in the order in which they are to start: by wave, the small before the large,
 * so that after a restart what has changed does not wait for what has not. What has no estimate
 * counts as large.
 */
export function inLoadOrder<T extends Pick<DecidedTable, 'loadId' | 'reason' | 'bytesEstimate'>>(
  tables: readonly T[],
): T[] {
  const size = ({ bytesEstimate }: T) => bytesEstimate ?? Number.MAX_SAFE_INTEGER;
  return tables
    .filter(({ loadId }) => loadId !== null)
    .sort((a, b) => waveOf(a.reason) - waveOf(b.reason) || size(a) - size(b));
}
