/**
 * The door of its room. One run: its decisions frozen in the bucket, the shape a load works from,
 * its summary.
 */

export { decideRun } from './decide-run.ts';
export { openInstallation } from './installation.ts';
export { whyOrphan } from './orphans.ts';
export { reshapeLoad } from './reshape-load.ts';
export { type RowAgain, rowsAgain } from './rows-again.ts';
export {
  countsText,
  failedBeforeDecisions,
  failureLines,
  goneOf,
  type LoadEnd,
  recounted,
  remainingRows,
  summarize,
} from './summary.ts';
