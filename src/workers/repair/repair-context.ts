import type { Logger } from 'pino';
import type { LoadDeps } from '../../pipeline/load/index.ts';
import type { Bucket, Destination, History, RemoteJobs } from '../../pipeline/ports/index.ts';
import type { Queues } from '../../queues/queues.ts';
import type { Cancellations } from '../../redis/cancellations.ts';
import type { EndsContext } from '../read-ends.ts';

/** Runs that are older are nobody's concern any more. */
export const LOOK_BACK_MS = 30 * 86_400_000;

/** What a repair works with. */
export interface RepairInput {
  sourceId: string;
  queues: Queues;
  bucket: Bucket;
  destination: Destination;
  history: History;
  remoteJobs: Pick<RemoteJobs, 'list' | 'cancel'>;
  cancellations: Cancellations;
  deps: LoadDeps;
  concurrency: number;
  maxAttempts: number;
  /** A run without a summary that is older is ended instead of being put back into the queue. */
  runDeadlineMs: number;
  /** How long after its run's end a stage is kept that was not published. */
  stageRetentionMs: number;
  now(): Date;
  log: Logger;
  shutdown: AbortSignal;
}

export type RepairContext = RepairInput & Pick<EndsContext, 'settle'>;

/** What a process remembers from one look to the next; losing it costs only looks. */
export interface RepairMemory {
  /** Runs that have a summary and whose rows history has, with their ends. */
  ended: Map<string, Date>;
  /** Those whose rows are still on their way. */
  pending: Set<string>;
  /** How many loads a run has. */
  loads: Map<string, number>;
  /** Dataproc jobs that nobody waited for at the last look, and why. */
  suspects: ReadonlyMap<string, string>;
  /** Loads that have failed, and whose end is told. */
  settled: Set<string>;
  /** What could not be done, and when it was said. */
  said: Map<string, { message: string; at: number }>;
  stagesAt: number;
}

/** What the bucket says at one look. */
export interface Found {
  runs: string[];
  /** Without a summary. */
  open: string[];
}
