import type { LoadError } from '../errors/index.ts';
import type { EngineName, Spec } from '../objects/index.ts';

/** A line of progress for the job's log and the board. */
export interface EngineProgress {
  /** Closed list of steps; the board shows it. */
  step: 'started' | 'state' | 'cancelling' | 'reading';
  message: string;
  /** It will have changed at the next look: shown, and not kept. */
  isPassing?: boolean;
}

/** How an attempt stands, told without changing anything. */
export type EngineProbe =
  | { state: 'nothing' }
  | { state: 'running'; remoteJobId: string | null }
  | { state: 'ended'; remoteJobId: string | null };

export interface EngineAttempt {
  spec: Spec;
  /** SHA-256 (hex) of spec.json's bytes. */
  specSha256: string;
}

/** A moment past which work is cancelled, and what that is told as. */
export interface WorkDeadline {
  at: Date;
  error: LoadError;
}

/** How a caller follows an engine, and makes it stop waiting. */
export interface EngineWatch {
  signal: AbortSignal;
  report(progress: EngineProgress): Promise<void>;
  /**
   * The caller's own limit beside the engine's: past it the work is cancelled and waited for; one
   * that ended well in spite of it has.
   */
  deadline?: WorkDeadline | null;
}

/** Brings an attempt to "manifest exists", from whatever state it is in. */
export interface Engine {
  readonly name: EngineName;
  /** Facts that go into the spec of an attempt of this engine; uploads code once per content. */
  prepare(): Promise<Spec['code']>;
  /** Looks for the attempt's work by its name. */
  probe(attempt: EngineAttempt): Promise<EngineProbe>;
  /**
   * Starts the attempt, or attaches to it where it runs, and waits until it has ended. Resolves
   * when it ended well (the caller looks for the manifest). Throws the failure as a `LoadError`: of
   * the source (from error.json), `REMOTE_FAILED`, `REMOTE_CANCELLED`, `REMOTE_DEADLINE`,
   * `CLUSTER_FULL`, `NAME_TAKEN`. When `signal` aborts it stops waiting and rethrows the reason:
   * the remote work goes on and is found again by name.
   */
  run(attempt: EngineAttempt, watch: EngineWatch): Promise<void>;
  /**
   * Ends the attempt's work where there is any, and waits until it has ended; what has ended
   * already is no error.
   */
  cancel(attempt: EngineAttempt, watch: EngineWatch): Promise<void>;
}
