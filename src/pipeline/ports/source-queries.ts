import type { Capture, SourceQuery } from '../objects/capture.ts';

/** Runs verify's SELECTs against the source. Implementations: mysql2; later a Dataproc probe. */
export interface SourceQueries {
  /**
   * Runs the queries in order on one connection (`session` statements first) and returns every value as the server's
   * text. Throws `SOURCE_UNREACHABLE`, `SOURCE_TLS_REFUSED`, `SOURCE_ACCESS_DENIED`, `SOURCE_BUSY`, `SOURCE_QUERY_FAILED`; transient faults
   * have been retried before.
   */
  capture(request: {
    session: readonly string[];
    queries: readonly SourceQuery[];
    signal?: AbortSignal;
  }): Promise<Capture>;
  close(): Promise<void>;
}
