import {
  classifyMysqlErrno,
  type ErrorCode,
  isErrorCode,
  LoadError,
  oneLine,
} from '../pipeline/errors/index.ts';
import type { AttemptError, Spec } from '../pipeline/objects/index.ts';
import { lockHolders } from '../pipeline/source/index.ts';

/** Of the query that fails on purpose where the server is another one. */
export const GUARD_ERRNO = 1242;

/**
 * What Adutora says where MySQL's words tell nobody what has happened: the guard is made to fail on
 * another server.
 */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  SOURCE_MOVED: 'The table was read from another server than its signature.',
};

/** What an attempt has failed of, by the `error.json` of its reader. */
export function attemptFailure(told: AttemptError, spec: Spec, context: Record<string, unknown>): LoadError {
  const code = codeOf(told);
  const errno = told.errno === null ? {} : { errno: told.errno };
  return new LoadError(code, SENTENCES[code] ?? wordsOf(told, spec), { context: { ...context, ...errno } });
}

/** The reader's own code, if this version knows it; else the one of MySQL's error. */
function codeOf({ code, errno, sqlState }: AttemptError): ErrorCode {
  if (code !== null && isErrorCode(code)) return code;
  if (errno === GUARD_ERRNO) return 'SOURCE_MOVED';
  return errno === null && sqlState === null ? 'REMOTE_FAILED' : classifyMysqlErrno({ errno, sqlState });
}

/**
 * The reader's own words, MySQL's with who holds the table, or those of an exception with its
 * class.
 */
function wordsOf(told: AttemptError, spec: Spec): string {
  const { code, errno, sqlState, locks } = told;
  const message = oneLine(told.message);
  if (code !== null && isErrorCode(code)) return message;
  if (errno === null && sqlState === null) return `${told.class}: ${message}`;
  const number = errno ? ` (errno ${errno})` : '';
  const held = locks ? `; ${lockHolders(locks, spec.table)}` : '';
  return `${message}${number}${held}`;
}
