import type { LoadError } from '../errors/index.ts';
import type { EngineName, HistoryRow, Manifest, SourceAddress, Spec } from '../objects/index.ts';
import type { Bucket, Destination, Engine } from '../ports/index.ts';
import type { LoadBudget } from './budget.ts';

/**
 * What a load works with. Clock, waiting and chance are passed in, so that tests hold them still.
 */
export interface LoadDeps {
  bucket: Bucket;
  destination: Destination;
  /** By name: an attempt is read by the engine that its spec names. */
  engines: Readonly<Record<EngineName, Engine>>;
  address: SourceAddress;
  /**
   * Ends what a failed or cancelled attempt has left running at the source, where this process
   * reaches it; never throws. Its next attempt looks for it as well.
   */
  endStatements?: ((attempt: Spec) => Promise<void>) | undefined;
  /** Attempts of a load before it fails, in one budget. */
  maxAttempts: number;
  /** From the first attempt of a budget to the end of the load; none unless given. */
  deadlineMs?: number | undefined;
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 ≤ x < 1. */
  random(): number;
}

/** The engine of an attempt, by its spec; of a new attempt, by its load. */
export function engineOf({ engine }: Pick<Spec, 'engine'>, { engines }: Pick<LoadDeps, 'engines'>): Engine {
  return engines[engine];
}

/** Where a load tells what it does: the job's progress and its log. */
export interface LoadWatch {
  signal: AbortSignal;
  /** What is passing will have changed at the next look: it is shown, and kept in no log. */
  report(progress: { step: LoadStep; attempt: number; message: string; isPassing?: boolean }): Promise<void>;
}

/** What a load tells of, in its order; docs/architecture.md has the meanings. */
export const LOAD_STEPS = ['attempt', 'read', 'reconcile', 'publish', 'recorded'] as const;
export type LoadStep = (typeof LOAD_STEPS)[number];

/** An attempt as it is frozen in the bucket. */
export interface AttemptSpec {
  spec: Spec;
  specSha256: string;
}

/** A stage that is whole: every object is as its manifest lists it. */
export interface WholeStage extends AttemptSpec {
  manifest: Manifest;
}

/** How a load, or an attempt of it, has ended. */
export type LoadOutcome =
  | { outcome: 'loaded'; row: HistoryRow; attempt: number; dataObjects: string[] }
  /** Newer rows have been published: no failure. */
  | { outcome: 'superseded'; row: HistoryRow; attempt: number; dataObjects: string[] }
  /** What its budget then is. */
  | ({ outcome: 'later'; delayMs: number; error: LoadError } & Omit<LoadBudget, 'attemptsBefore'>)
  /** `nextAttempt`: what a person's retry goes on with. */
  | { outcome: 'failed'; row: HistoryRow; attempt: number; nextAttempt: number; error: LoadError };
