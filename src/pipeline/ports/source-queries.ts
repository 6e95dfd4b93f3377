import type { Capture, SourceQuery } from '../objects/index.ts';

/** One capture: what is asked, and under which name it is found again. */
export interface CaptureRequest {
  session: readonly string[];
  queries: readonly SourceQuery[];
  signal?: AbortSignal;
  /**
   * Derived from the run before anything starts, so that whoever repeats the call after a crash
   * attaches to what runs already; without one the capture belongs to this call alone. Only what
   * costs a job of its own has a use for it.
   */
  name?: string;
  /** Gets a line of progress. */
  report?(message: string): Promise<void>;
}

/**
 * Runs verify's SELECTs against the source. Implementations: mysql2; a Dataproc job
 * (`VERIFY_RUNNER=dataproc`).
 */
export interface SourceQueries {
  /**
   * Runs the queries in order on one connection (`session` statements first) and returns every
   * value as the server's text. Throws `SOURCE_UNREACHABLE`, `SOURCE_TLS_REFUSED`,
   * `SOURCE_LOGIN_METHOD`, `SOURCE_ACCESS_DENIED`, `SOURCE_BUSY`, `SOURCE_QUERY_FAILED`; transient
   * faults have been retried before. The Dataproc job throws what becomes of one as well:
   * `REMOTE_FAILED`, `REMOTE_CANCELLED`, `REMOTE_DEADLINE`, `CLUSTER_FULL`, `NAME_TAKEN`, and as
   * `RemoteJobs`, `Stage` and `Secrets` do.
   */
  capture(request: CaptureRequest): Promise<Capture>;
  close(): Promise<void>;
}
