import type { TableRef } from '../../names/index.ts';
import type { TextRow } from '../../objects/index.ts';
import type { Question } from '../question.ts';
import { type CaptureScope, tableOfRow, within } from '../scope.ts';

/** Locks that a plain SELECT, or information_schema, waits for: granted, or waiting before us. */
const BLOCKING = "'EXCLUSIVE', 'SHARED_NO_READ_WRITE', 'MDL_EXCLUSIVE', 'MDL_SHARED_NO_READ_WRITE'";
const MAX_LOCKS = 200;
const LIMIT = `ORDER BY CAST(seconds AS UNSIGNED) DESC LIMIT ${MAX_LOCKS}`;

/**
 * A thread, and what it does: of its statement the first word only, for the rest may hold values.
 */
export interface LockThread {
  id: string | null;
  user: string | null;
  host: string | null;
  doing: string | null;
  seconds: string | null;
}

/** Who holds a lock that others wait for, or waits for one before them. */
export interface LockHolder extends LockThread {
  table: TableRef;
  isWaiting: boolean;
}

/**
 * Asks performance_schema: a privilege of its own, and off by default on MariaDB. A row a lock,
 * oldest first.
 */
export const locks: Question<LockHolder[], CaptureScope> = {
  name: 'locks',
  isOptional: true,
  sql: (
    scope,
  ) => `SELECT l.OBJECT_SCHEMA AS table_schema, l.OBJECT_NAME AS table_name, l.LOCK_STATUS AS lock_status,
 CAST(t.PROCESSLIST_ID AS CHAR) AS thread, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host,
 ${firstWord('t.PROCESSLIST_INFO', 't.PROCESSLIST_COMMAND')} AS doing, CAST(t.PROCESSLIST_TIME AS CHAR) AS seconds
 FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
 WHERE l.OBJECT_TYPE = 'TABLE' AND l.LOCK_TYPE IN (${BLOCKING}) AND t.PROCESSLIST_ID <> CONNECTION_ID()
 AND ${within(scope, 'l.OBJECT_SCHEMA', 'l.OBJECT_NAME')} ${LIMIT}`,
  read: (rows) => rows.map(toHolder),
};

/** The same, of MariaDB's plugin metadata_lock_info. */
export const locksMariadb: Question<LockHolder[], CaptureScope> = {
  name: 'locks_mariadb',
  isOptional: true,
  sql: (
    scope,
  ) => `SELECT l.TABLE_SCHEMA AS table_schema, l.TABLE_NAME AS table_name, 'GRANTED' AS lock_status,
 CAST(p.ID AS CHAR) AS thread, p.USER AS user, p.HOST AS host,
 ${firstWord('p.INFO', 'p.COMMAND')} AS doing, CAST(p.TIME AS CHAR) AS seconds
 FROM information_schema.METADATA_LOCK_INFO l JOIN information_schema.PROCESSLIST p ON p.ID = l.THREAD_ID
 WHERE l.LOCK_MODE IN (${BLOCKING}) AND p.ID <> CONNECTION_ID() AND ${within(scope, 'l.TABLE_SCHEMA', 'l.TABLE_NAME')} ${LIMIT}`,
  read: (rows) => rows.map(toHolder),
};

/** The process list knows who waits, and not for which table. */
export const locksWaiting: Question<LockThread[], unknown> = {
  name: 'locks_waiting',
  isOptional: true,
  sql: () => `SELECT CAST(p.ID AS CHAR) AS thread, p.USER AS user, p.HOST AS host,
 ${firstWord('p.INFO', 'p.COMMAND')} AS doing, CAST(p.TIME AS CHAR) AS seconds
 FROM information_schema.PROCESSLIST p WHERE p.STATE LIKE 'Waiting for table metadata lock%'
 AND p.INFO NOT LIKE 'SELECT%' AND p.ID <> CONNECTION_ID() ${LIMIT}`,
  read: (rows) => rows.map(toThread),
};

function firstWord(statement: string, command: string): string {
  return `UPPER(LEFT(COALESCE(SUBSTRING_INDEX(TRIM(${statement}), ' ', 1), ${command}), 20))`;
}

function toHolder(row: TextRow): LockHolder {
  return { ...toThread(row), table: tableOfRow(row), isWaiting: row['lock_status'] === 'PENDING' };
}

function toThread({ thread, user, host, doing, seconds }: TextRow): LockThread {
  return {
    id: thread ?? null,
    user: user ?? null,
    host: host ?? null,
    doing: doing ?? null,
    seconds: seconds ?? null,
  };
}
