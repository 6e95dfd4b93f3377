/** For each locked table that a look meets, so that one does not hold the others. */
const LOOK_LOCK_WAIT_S = 1;
/** For who reads the rows of one table: a Dataproc job that has begun is worth a wait. */
const READ_LOCK_WAIT_S = 120;
/** So long the server waits for a reader that has no place for more rows; by itself a minute. */
const READ_PAUSE_S = 3_600;
/** The server's own, where nobody has shortened it: between two statements of a reader. */
const READ_IDLE_S = 28_800;

/**
 * Flags of sql_mode that change what a virtual column gives when it is computed, which is at each
 * read (measured on all servers of docs/servers.md). NO_UNSIGNED_SUBTRACTION, and on MySQL
 * NO_BACKSLASH_ESCAPES, count as they were for the session that opened the table, for every other
 * one too (findings/virtual-columns-follow-the-opener.sh): ours must not open it under another mode
 * than the application's. Not among them: PAD_CHAR_TO_FULL_LENGTH, which would pad every CHAR, and
 * what is kept in the stored expression.
 */
export const MODES_OF_VALUES = [
  'NO_UNSIGNED_SUBTRACTION',
  'NO_BACKSLASH_ESCAPES',
  'ALLOW_INVALID_DATES',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  // MySQL rounds unless told otherwise, MariaDB cuts.
  'TIME_TRUNCATE_FRACTIONAL',
  'TIME_ROUND_FRACTIONAL',
];
/** The server's own choice of them: that of every session that makes none. */
const MODE = `CONCAT_WS(',', ${MODES_OF_VALUES.map((name) => `IF(FIND_IN_SET('${name}', @@GLOBAL.sql_mode) > 0, '${name}', NULL)`).join(', ')})`;

const MYSQL_ONLY =
  "/*!80003 , information_schema_stats_expiry = 0, transaction_isolation = 'REPEATABLE-READ', max_execution_time = 0 */";
// Which table was locked is told by a warning. system_versioning_asof would give the rows of
// versioned tables as they once were.
const MARIADB_ONLY =
  "/*M!100000 , tx_isolation = 'REPEATABLE-READ', max_statement_time = 0, system_versioning_asof = DEFAULT, max_error_count = 1024 */";

/**
 * Statements for every session, the worker's and Spark's: UTC, live statistics, only what is
 * committed, and whole answers, whatever the server gives to sessions by default. Of its sql_mode
 * they keep what decides about values alone. A lock is waited for a second: errno 1205 then, or, of
 * what `information_schema` cannot open, a warning (`untold.ts`). All are
 * `SET SESSION name = value`, which Connector/J takes as properties.
 */
export function sessionStatements(): string[] {
  return statements(LOOK_LOCK_WAIT_S);
}

/**
 * The same for who reads the rows of one table, with more patience: ours with locks, the server's
 * with a reader that pauses.
 */
export function readerStatements(): string[] {
  return [
    ...statements(READ_LOCK_WAIT_S),
    `SET SESSION net_write_timeout = ${READ_PAUSE_S}, wait_timeout = ${READ_IDLE_S}`,
  ];
}

function statements(lockWaitSeconds: number): string[] {
  return [
    "SET SESSION time_zone = '+00:00'",
    `SET SESSION lock_wait_timeout = ${lockWaitSeconds}, innodb_lock_wait_timeout = ${lockWaitSeconds}`,
    // Without it the server writes a whole derived table down before it gives the first row.
    "SET SESSION optimizer_switch = 'derived_merge=on'",
    'SET SESSION autocommit = 1, sql_select_limit = 18446744073709551615, sql_big_selects = 1',
    // Whatever language the server speaks: its words are shown to people beside ours.
    "SET SESSION lc_messages = 'en_US'",
    // Comments that MySQL 8 and MariaDB execute; each knows variables that the other does not.
    `SET SESSION sql_mode = ${MODE} ${MYSQL_ONLY} ${MARIADB_ONLY}`,
  ];
}
