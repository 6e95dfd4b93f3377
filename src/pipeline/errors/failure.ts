import type { ErrorCode } from './error-codes.ts';
import { LoadError, oneLine } from './load-error.ts';

/**
 * A failure as it is stored and handed on, from a Dataproc job to the board. Each fact has its own
 * field. Lines for people are made of it at the edge, by `describeFailure`, and never read back.
 */
export interface Failure {
  /** A code of `ERROR_KINDS`; a newer version may know more of them. */
  code: string;
  /** What failed, on what, and why, in one line. It names neither its code nor its table. */
  message: string;
  /** What a person does next. */
  hint: string;
  /** The table whose load failed; null where a run failed before its decisions. */
  table: { schema: string; table: string } | null;
  /** Where the Dataproc job is seen; null where none failed. */
  link: string | null;
}

/** The record of an error that ended the load of `table`, or a run before its decisions (null). */
export function toFailure(error: LoadError, table: Failure['table']): Failure & { code: ErrorCode } {
  const { code, hint, context } = error;
  const link = typeof context['link'] === 'string' ? context['link'] : null;
  const named = table && { schema: table.schema, table: table.table };
  return { code, message: oneLine(error.message), hint, table: named, link };
}

/** The error that such a record was made of, as far as it holds it. */
export function toError({ code, message, hint }: Pick<Failure, 'message' | 'hint'> & { code: ErrorCode }) {
  return new LoadError(code, message, { hint });
}

/**
 * The failure in one line for people: `CODE: message (hint)`. A line without a column for the table
 * begins with it.
 */
export function describeFailure({ code, message, hint }: Pick<Failure, 'code' | 'message' | 'hint'>): string {
  return `${code}: ${oneLine(message)} (${hint})`;
}
