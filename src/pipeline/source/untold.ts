import { LoadError } from '../errors/index.ts';
import type { Capture } from '../objects/index.ts';
import { answerOf } from './question.ts';
import { columns, keys, partitions, tables, warningsOf } from './questions/index.ts';

/** Questions for which a server opens each table: MySQL 8 the first alone, MariaDB all of them. */
const OPENING = [tables, columns, keys, partitions];

/**
 * Why the server gave no statistics of some tables: its message, which stands in their
 * TABLE_COMMENT, to whether it was a lock. Their UPDATE_TIME is NULL then, which is not "not
 * written since boot" (measured: MySQL 8.0.31, MariaDB 10.11; MariaDB gives neither engine nor
 * columns).
 */
export function untoldMessages(capture: Capture): ReadonlyMap<string, { isLocked: boolean }> {
  return new Map(
    answerOf(capture, warningsOf(tables)).map(({ message, isLock }) => [message, { isLocked: isLock }]),
  );
}

/**
 * A lock that was taken in the midst of a capture leaves out columns or keys of a table that cannot
 * be told from one without. Throws `SOURCE_BUSY`; a table that was locked from the first query on
 * is known.
 */
export function refuseHalfAnswers(capture: Capture, all: readonly { isLocked: boolean }[]): void {
  if (all.some(({ isLocked }) => isLocked)) return;
  const isHalf = OPENING.some((question) =>
    answerOf(capture, warningsOf(question)).some(({ isLock }) => isLock),
  );
  if (isHalf)
    throw new LoadError('SOURCE_BUSY', 'A table was locked while the server was asked about its tables.');
}
