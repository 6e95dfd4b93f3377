/**
 * The door of its room. What the domain asks of the world: one interface a service. Adapters fill
 * them; each has a contract suite in `test/contract/`.
 */

export { askAgain } from './ask-again.ts';
export { mapAtOnce, parts } from './at-once.ts';
export type { Bucket, ObjectFacts } from './bucket.ts';
export type {
  Destination,
  DestinationColumn,
  DestinationFacts,
  OtherWriters,
  PublishJob,
  PublishRequest,
  TableChanges,
} from './destination.ts';
export type { Engine, EngineAttempt, EngineWatch, WorkDeadline } from './engine.ts';
export type { EverLoaded, History, LastPublished } from './history.ts';
export type { BucketFacts, ClusterFacts, DatasetFacts, Inspection, LifecycleRule } from './inspection.ts';
export {
  changeObject,
  createObject,
  jsonBytes,
  keptChanging,
  readObject,
  writeObject,
} from './json-objects.ts';
export {
  hasEnded,
  type RemoteJob,
  type RemoteJobRequest,
  type RemoteJobState,
  type RemoteJobs,
} from './remote-jobs.ts';
export type { RowSession, RowSink, RowSource } from './row-source.ts';
export type { Secrets } from './secrets.ts';
export type { CaptureRequest, SourceQueries } from './source-queries.ts';
