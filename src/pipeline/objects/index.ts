/**
 * The door of its room. Shapes of what is stored: objects of the bucket and rows of history, as
 * strict, versioned schemas.
 */

export {
  type Capture,
  type CaptureAnswer,
  captureSchema,
  type SourceQuery,
  type TextRow,
} from './capture.ts';
export type { EngineChoice, EngineName } from './engine.ts';
export { failureSchema } from './failure.ts';
export { historyMergeObjectSchema } from './history-merge.ts';
export { HISTORY_COLUMNS, type HistoryRow, historyRowSchema, newestPerKey } from './history-row.ts';
export {
  type DestinationRef,
  type LoadObject,
  loadObjectSchema,
  type MappedColumn,
  type Mask,
  type Refusal,
  type SourceColumn,
  type Trigger,
  triggerSchema,
} from './load.ts';
export { type EndedLoad, type LoadEndObject, loadEndObjectSchema } from './load-end.ts';
export { type AttemptError, attemptErrorSchema, type Manifest, manifestSchema } from './manifest.ts';
export { progressSchema, type ReadingProgress } from './progress.ts';
export {
  type GuardObject,
  guardObjectSchema,
  PROTECTIONS,
  type Publishing,
  type PublishObject,
  publishingSchema,
  publishObjectSchema,
  SCHEMA_CHANGES,
  type SchemaChange,
} from './publishing.ts';
export {
  type AcknowledgedObject,
  acknowledgedObjectSchema,
  type DecidedTable,
  type Flavour,
  type InstallationObject,
  installationObjectSchema,
  type PausesObject,
  pausesObjectSchema,
  type RequestObject,
  requestObjectSchema,
  type SummaryObject,
  statusSchema,
  summaryObjectSchema,
  type TablesObject,
  tablesObjectSchema,
  type UnknownCost,
} from './run.ts';
export { type Signature, signatureSchema, type UpdateTime } from './signature.ts';
export {
  type Cell,
  type SecretRef,
  type SourceAddress,
  type Spec,
  specSchema,
  type TagRule,
} from './spec.ts';
export {
  type CancelledObject,
  type CancelReason,
  cancelledObjectSchema,
  type Intent,
  NO_STATE,
  type Published,
  type StateObject,
  stateObjectSchema,
} from './state.ts';
export {
  granularitySchema,
  NOTHING_SET,
  type Partitioning,
  type SetOptionsObject,
  setOptionsObjectSchema,
  type TableOptions,
  tableOptionsSchema,
} from './table-options.ts';
