/**
 * The door of its room. Names, both ways (made and read back): every outside name of an
 * installation, its tables and reasons, and text made safe to show. Imports nothing of ours.
 */

export { captureName, captureTryName, parseCapture, parseCaptureTry } from './captures.ts';
export { ENGINE_REASONS } from './engine-reasons.ts';
export { sha256Hex } from './hash.ts';
export {
  copyJobIds,
  dataprocJobId,
  dataprocRequestId,
  doctorJobId,
  dropJobId,
  historyMergeJobId,
  historyRowJobId,
  jobIdPrefix,
  nameInJobId,
  parseCompanion,
  parseDoctorJobId,
  parseHistoryMergeJobId,
  parseHistoryRowJobId,
  parsePublishJobId,
  parseRestoreJobId,
  placeJobId,
  probeJobId,
  publishJobId,
  putBackJobId,
  restoreJobId,
} from './job-ids.ts';
export {
  historyMergeLabels,
  installationLabels,
  isMergeOf,
  isOurs,
  jobLabels,
  parseJobLabels,
  probeLabels,
} from './job-labels.ts';
export { isLoopback } from './loopback.ts';
export {
  type ObjectName,
  objectNames,
  objectUri,
  parseObjectName,
  probeFiles,
} from './object-names.ts';
export { plural } from './plural.ts';
export { type Decision, REASONS, type Reason } from './reasons.ts';
export { parseJobKey, parseRedisKey, queuePrefix, redisKeys } from './redis-keys.ts';
export {
  attemptName,
  attemptPrefix,
  loadName,
  manualRunName,
  newestRunFirst,
  parseAttempt,
  parseLoad,
  parseRun,
  type RunName,
  runAndLoadOf,
  SOURCE_ID_PATTERN,
  scheduledRunName,
  tableObjectKey,
  timeOfRun,
} from './runs-and-loads.ts';
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
