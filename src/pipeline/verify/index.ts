/** The door of its room. Which tables to load, and why: one decision a table. */

export type { VerifiedTable } from './decide-table.ts';
export { areProvenEqual } from './decision.ts';
export {
  acknowledge,
  changeAcknowledged,
  decidedGone,
  goneLines,
  goneTables,
  isGone,
  readAcknowledged,
  takeBack,
  unacknowledged,
} from './gone-tables.ts';
export { changePauses, isPaused, pause, readPauses, resume } from './pauses.ts';
export { isLasting } from './refusal.ts';
export { unknownCost, unknownLines } from './unknown-cost.ts';
export { checkSchemas, refusedTables, type Verified, verifyTables } from './verify.ts';
export { inLoadOrder, waveOf } from './waves.ts';
