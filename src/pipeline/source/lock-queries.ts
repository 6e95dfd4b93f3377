/** Locks that a plain SELECT, or information_schema, waits for: granted, or waiting before us. */
const BLOCKING = "'EXCLUSIVE', 'SHARED_NO_READ_WRITE', 'MDL_EXCLUSIVE', 'MDL_SHARED_NO_READ_WRITE'";
const MAX_LOCKS = 200;

/**
 * Who holds a lock that others wait for, or waits for one before them: a row a lock, oldest first. `locks` asks
 * performance_schema (a privilege of its own; off by default on MariaDB), `locks_mariadb` the plugin metadata_lock_info, `locks_waiting`
 * the process list, which knows who waits and not for what. Of a statement only the first word is asked: it may hold values.
 */
export function lockQueries(
  where: (schema: string, table: string) => string,
): { name: string; sql: string }[] {
  const limit = `ORDER BY CAST(seconds AS UNSIGNED) DESC LIMIT ${MAX_LOCKS}`;
  return [
    {
      name: 'locks',
      sql: `SELECT l.OBJECT_SCHEMA AS table_schema, l.OBJECT_NAME AS table_name, l.LOCK_STATUS AS lock_status,
 CAST(t.PROCESSLIST_ID AS CHAR) AS thread, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host,
 ${firstWord('t.PROCESSLIST_INFO', 't.PROCESSLIST_COMMAND')} AS doing, CAST(t.PROCESSLIST_TIME AS CHAR) AS seconds
 FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
 WHERE l.OBJECT_TYPE = 'TABLE' AND l.LOCK_TYPE IN (${BLOCKING}) AND t.PROCESSLIST_ID <> CONNECTION_ID()
 AND ${where('l.OBJECT_SCHEMA', 'l.OBJECT_NAME')} ${limit}`,
    },
    {
      name: 'locks_mariadb',
      sql: `SELECT l.TABLE_SCHEMA AS table_schema, l.TABLE_NAME AS table_name, 'GRANTED' AS lock_status,
 CAST(p.ID AS CHAR) AS thread, p.USER AS user, p.HOST AS host,
 ${firstWord('p.INFO', 'p.COMMAND')} AS doing, CAST(p.TIME AS CHAR) AS seconds
 FROM information_schema.METADATA_LOCK_INFO l JOIN information_schema.PROCESSLIST p ON p.ID = l.THREAD_ID
 WHERE l.LOCK_MODE IN (${BLOCKING}) AND p.ID <> CONNECTION_ID() AND ${where('l.TABLE_SCHEMA', 'l.TABLE_NAME')} ${limit}`,
    },
    {
      name: 'locks_waiting',
      sql: `SELECT CAST(p.ID AS CHAR) AS thread, p.USER AS user, p.HOST AS host,
 ${firstWord('p.INFO', 'p.COMMAND')} AS doing, CAST(p.TIME AS CHAR) AS seconds
 FROM information_schema.PROCESSLIST p WHERE p.STATE LIKE 'Waiting for table metadata lock%'
 AND p.INFO NOT LIKE 'SELECT%' AND p.ID <> CONNECTION_ID() ${limit}`,
    },
  ];
}

const firstWord = (statement: string, command: string) =>
  `UPPER(LEFT(COALESCE(SUBSTRING_INDEX(TRIM(${statement}), ' ', 1), ${command}), 20))`;
