/** The door of its room. Names, and the words people read: every outside name of an installation, its tables and reasons, and text made safe to show. Imports nothing of ours. */

export { isLoopback } from './loopback.ts';
export {
  attemptName,
  copyJobIds,
  dataprocJobId,
  dataprocRequestId,
  dropJobId,
  jobLabels,
  loadName,
  manualRunName,
  objectNames,
  publishJobId,
  queuePrefix,
  restoreJobId,
  SOURCE_ID_PATTERN,
  scheduledRunName,
  sha256Hex,
  tableObjectKey,
} from './names.ts';
export { plural } from './plural.ts';
export { type Decision, REASONS, type Reason } from './reasons.ts';
export { runAndLoadOf, timeOfRun } from './run-names.ts';
export { shellWord } from './shell-word.ts';
export {
  asArgument,
  quoteIdentifier,
  type TableRef,
  tableKey,
  tableLabel,
  tableRefSchema,
} from './table-ref.ts';
export { VERSION } from './version.ts';
export { escaped, replaceUnseen } from './visible.ts';
