import { sha256Hex, type TableRef, tableKey } from '../names/index.ts';

/**
 * The part of maxStaleness over which tables are spread: what was first loaded in one night does
 * not all go stale in one.
 */
const SPREAD = 0.4;

/**
 * The age from which a table counts as stale: at most `maxStalenessMs`, and by up to 40 % less, the
 * same for a table in every run.
 */
export function stalenessOf(table: TableRef, maxStalenessMs: number): number {
  const fraction = Number.parseInt(sha256Hex(tableKey(table)).slice(0, 8), 16) / 0x1_0000_0000;
  return Math.round(maxStalenessMs * (1 - SPREAD * fraction));
}
