import type { Capture, SourceQuery, TextRow } from '../objects/index.ts';

/** Hears the rows of one statement, on the thread that reads them. */
export interface RowSink {
  /**
   * One row: the values of MySQL's text protocol, in `buffer[start, end)`. The bytes are valid
   * during the call only. What it throws ends the reading, and the session.
   */
  row(buffer: Buffer, start: number, end: number): void;
  /**
   * Asked after each batch of rows: a promise while no more can be taken, else null. Nothing is
   * read until it resolves; where it rejects, the reading ends with its reason.
   */
  whenReady(): Promise<void> | null;
}

/**
 * One connection that reads rows: one statement at a time. Each method throws the codes of
 * `SourceQueries`. After `SOURCE_UNREACHABLE`, after a sink that threw and after an abort the
 * session is over; a statement that the server refuses leaves it as it was.
 */
export interface RowSession {
  /** Rows of a small answer, as the server's text. */
  ask(sql: string): Promise<TextRow[]>;
  /** Runs the queries in order, as `SourceQueries` does. */
  capture(queries: readonly SourceQuery[]): Promise<Capture>;
  /** Resolves when the server has said that there are no more rows. */
  stream(sql: string, sink: RowSink): Promise<void>;
  /** Bytes that came over the wire so far, as the socket counts them. */
  readonly bytesRead: number;
  /** Cuts the connection. What is under way rejects. */
  close(): void;
}

/** The rows of SELECTs as bytes, over connections that live as long as the caller wants. */
export interface RowSource {
  /**
   * Connects and runs the `session` statements; transient faults have been retried before it
   * throws. When `signal` aborts, now or later, the connection is cut at once and whatever is
   * under way rejects with the reason.
   */
  open(request: { session: readonly string[]; signal: AbortSignal }): Promise<RowSession>;
}
