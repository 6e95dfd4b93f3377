import { quoteIdentifier, type TableRef } from '../names/index.ts';
import type { SourceQuery } from '../objects/index.ts';
import { grantQueries, wholeRowQuery } from './grant-queries.ts';
import { lockQueries } from './lock-queries.ts';

/** What a capture looks at: whole schemas, or one table. */
export type CaptureScope = { schemas: readonly string[] } | { table: TableRef };

/** The open transactions are read a little after UPDATE_TIME, so that a commit in between is seen as open. */
const OPEN_TRANSACTIONS_DELAY_MS = 200;

/** For each locked table that a look meets, so that one does not hold the others. */
const LOOK_LOCK_WAIT_S = 1;
/** For who reads the rows of one table: a Dataproc job that has begun is worth a wait. */
export const READ_LOCK_WAIT_S = 120;

const SERVER_VARIABLES = [
  'aurora_server_id',
  'server_uuid',
  'server_uid',
  'hostname',
  'port',
  'server_id',
  'version',
  'version_comment',
  'table_definition_cache',
  'innodb_file_per_table',
  'innodb_read_only',
  'lower_case_table_names',
];

/**
 * Flags of sql_mode that change what a virtual column gives when it is computed, which is at each read (measured on all servers of docs/servers.md).
 * NO_UNSIGNED_SUBTRACTION, and on MySQL NO_BACKSLASH_ESCAPES, count as they were for the session that opened the table, for every
 * other one too (findings/virtual-columns-follow-the-opener.sh): ours must not open it under another mode than the application's. Not
 * among them: PAD_CHAR_TO_FULL_LENGTH, which would pad every CHAR, and what is kept in the stored expression.
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
// Which table was locked is told by a warning. system_versioning_asof would give the rows of versioned tables as they once were.
const MARIADB_ONLY =
  "/*M!100000 , tx_isolation = 'REPEATABLE-READ', max_statement_time = 0, system_versioning_asof = DEFAULT, max_error_count = 1024 */";

/**
 * Statements for every session, the worker's and Spark's: UTC, live statistics, only what is committed, and whole answers,
 * whatever the server gives to sessions by default. Of its sql_mode they keep what decides about values alone. A lock is waited for `lockWaitSeconds`: errno 1205 then, or, of what `information_schema`
 * cannot open, a warning (`signature/untold.ts`). All are `SET SESSION name = value`, which Connector/J takes as properties.
 */
export function sessionStatements(lockWaitSeconds: number = LOOK_LOCK_WAIT_S): string[] {
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

/** Name of one of many queries of a kind; names are letters and underscores only. */
export function numberedQuery(kind: string, index: number): string {
  const letters = [...String(index)].map((digit) => String.fromCharCode(97 + Number(digit)));
  return `${kind}_${letters.join('')}`;
}

/** A string literal that means the same whatever the sql_mode: the bytes in hex. */
export function sqlText(text: string): string {
  return text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/**
 * The SELECTs of a capture, one set a server. INNODB_TABLES is never asked: it opens every table in InnoDB's dictionary
 * cache and so wipes UPDATE_TIMEs (measured; docs/verify.md).
 */
export function captureQueries(scope: CaptureScope): SourceQuery[] {
  const where = (schema: string, table: string) => scopeCondition(scope, schema, table);
  return [
    query(
      'server',
      `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${SERVER_VARIABLES.map((name) => `'${name}'`).join(', ')})`,
    ),
    optional('user', 'SELECT CURRENT_USER() AS user'),
    ...('schemas' in scope ? [query('schemas', schemasQuery(scope.schemas))] : []),
    optional('boot', bootQuery('performance_schema.global_status')),
    optional('boot_mariadb', bootQuery('information_schema.global_status')),
    ...opening('tables', tablesQuery(where('t.TABLE_SCHEMA', 't.TABLE_NAME'))),
    { ...optional('open_transactions', OPEN_TRANSACTIONS), delayMs: OPEN_TRANSACTIONS_DELAY_MS },
    optional('tablespaces', tablespacesQuery('innodb_tablespaces_brief', scope)),
    optional('tablespaces_mariadb', tablespacesQuery('innodb_sys_tables', scope, DECODED_NAME)),
    optional('dictionary', DICTIONARY),
    optional('dictionary_mariadb', DICTIONARY_MARIADB),
    ...opening('columns', columnsQuery(where('c.TABLE_SCHEMA', 'c.TABLE_NAME'))),
    ...opening('keys', keysQuery(where('s.TABLE_SCHEMA', 's.TABLE_NAME'))),
    ...opening('partitions', partitionsQuery(where('p.TABLE_SCHEMA', 'p.TABLE_NAME'))),
    ...lockQueries(where).map(({ name, sql }) => optional(name, sql)),
    ...accessQueries(scope, where),
  ];
}

/** Whether every column is shown: of one table the server's own answer, of schemas where it is worth asking. */
function accessQueries(scope: CaptureScope, where: (schema: string, table: string) => string): SourceQuery[] {
  if ('schemas' in scope) return grantQueries(where).map(({ name, sql }) => optional(name, sql));
  const { schema, table } = scope.table;
  return [optional('whole_row', wholeRowQuery(`${quoteIdentifier(schema)}.${quoteIdentifier(table)}`))];
}

function query(name: string, sql: string): SourceQuery {
  return { name, sql, isOptional: false, delayMs: 0 };
}

function optional(name: string, sql: string): SourceQuery {
  return { name, sql, isOptional: true, delayMs: 0 };
}

/** A query for which the server opens tables, and what it says of those that it could not open. */
function opening(name: string, sql: string): SourceQuery[] {
  return [query(name, sql), query(`${name}_warnings`, 'SHOW WARNINGS')];
}

function scopeCondition(scope: CaptureScope, schema: string, table: string): string {
  if ('table' in scope)
    return `${schema} = ${sqlText(scope.table.schema)} AND ${table} = ${sqlText(scope.table.table)}`;
  return `${schema} IN (${scope.schemas.map(sqlText).join(', ')})`;
}

// Both in one statement: two statements may straddle a second and look like a restart.
const bootQuery = (status: string) =>
  `SELECT CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS SIGNED) AS boot_epoch FROM ${status} WHERE VARIABLE_NAME = 'UPTIME'`;

const schemasQuery = (schemas: readonly string[]) =>
  `SELECT SCHEMA_NAME AS schema_name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${schemas.map(sqlText).join(', ')})`;

// The comment comes last: a server that cannot open a table gives its error there, and MySQL would give it to the next table
// (measured: 8.0.31).
const tablesQuery = (
  condition: string,
) => `SELECT t.TABLE_SCHEMA AS table_schema, t.TABLE_NAME AS table_name, t.ENGINE AS engine,
 t.TABLE_ROWS AS table_rows, t.DATA_LENGTH + t.INDEX_LENGTH AS bytes, t.AVG_ROW_LENGTH AS avg_row_length,
 CAST(t.CREATE_TIME AS CHAR) AS create_time, CAST(t.UPDATE_TIME AS CHAR) AS update_time,
 CAST(UNIX_TIMESTAMP(t.CREATE_TIME) AS CHAR) AS create_epoch, CAST(UNIX_TIMESTAMP(t.UPDATE_TIME) AS CHAR) AS update_epoch,
 CAST(UNIX_TIMESTAMP() AS CHAR) AS server_epoch, t.TABLE_COMMENT AS table_comment, t.TABLE_TYPE AS table_type
 FROM information_schema.TABLES t WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ${condition} ORDER BY 1, 2`;

// trx_started is printed in the server's own zone, whatever the session's.
const STARTED = "UNIX_TIMESTAMP(CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'))";
// The hour that a DST night has twice gives one text to two moments: the earlier one counts.
const EARLIEST = `IF(CONVERT_TZ(FROM_UNIXTIME(${STARTED} - 3600), '+00:00', 'SYSTEM') = trx_started, ${STARTED} - 3600, ${STARTED})`;
const oldest = (condition: string) => `CAST(MIN(IF(${condition}, ${EARLIEST}, NULL)) AS CHAR)`;
const OPEN_TRANSACTIONS = `SELECT ${oldest('TRUE')} AS oldest_epoch, ${oldest('trx_rows_modified > 0')} AS oldest_writer_epoch
 FROM information_schema.innodb_trx`;

// MySQL shows tablespaces only: a general one holds any number of tables. MariaDB shows the tables; its INNODB_SYS_TABLESPACES
// must not be asked: a 10.11 with innodb_read_only dies of it (signal 11, measured).
const DICTIONARY = `SELECT COUNT(*) AS spaces, CAST(SUM(SPACE_TYPE = 'General' AND NAME <> 'mysql') AS SIGNED) AS shared
 FROM information_schema.innodb_tablespaces_brief`;
const DICTIONARY_MARIADB = 'SELECT COUNT(*) AS spaces FROM information_schema.innodb_sys_tables';

/**
 * Tablespaces are named `db/table`, those of partitions `db/table#p#partition`; TypeScript finds the table of each. Letter case does
 * not count here, since names may be kept in lower case whatever they were asked for by (lower_case_table_names); what is found too much is no harm.
 */
function tablespacesQuery(view: string, scope: CaptureScope, name = 'NAME'): string {
  const isLike = (one: string, text: string) =>
    `CONVERT(${one} USING utf8mb4) COLLATE utf8mb4_general_ci = ${sqlText(text)}`;
  const starts = (text: string) => isLike(`LEFT(${name}, ${[...text].length})`, text);
  const condition =
    'table' in scope
      ? `${isLike(name, `${scope.table.schema}/${scope.table.table}`)} OR ${starts(`${scope.table.schema}/${scope.table.table}#p#`)}`
      : scope.schemas.map((schema) => starts(`${schema}/`)).join(' OR ');
  return `SELECT ${name} AS name, CAST(SPACE AS CHAR) AS space FROM information_schema.${view} WHERE ${condition} ORDER BY NAME`;
}

// MariaDB keeps names as files have them: `notas@002d2024` for notas-2024, `@0n` for ç. Its own character set for that reads them. A `#` in a
// name is encoded too, so that a plain one begins what stands for a partition.
const decoded = (text: string) => `CONVERT(CONVERT(CAST(${text} AS BINARY) USING filename) USING utf8mb4)`;
const FILE_TABLE = "SUBSTRING_INDEX(SUBSTRING_INDEX(NAME, '/', -1), '#', 1)";
const DECODED_NAME = `CONCAT(${decoded("SUBSTRING_INDEX(NAME, '/', 1)")}, '/', ${decoded(FILE_TABLE)}, SUBSTRING(SUBSTRING_INDEX(NAME, '/', -1), CHAR_LENGTH(${FILE_TABLE}) + 1))`;

const columnsQuery = (
  condition: string,
) => `SELECT c.TABLE_SCHEMA AS table_schema, c.TABLE_NAME AS table_name, c.COLUMN_NAME AS column_name,
 c.ORDINAL_POSITION AS position, c.DATA_TYPE AS data_type, c.COLUMN_TYPE AS column_type, c.IS_NULLABLE AS is_nullable,
 c.NUMERIC_PRECISION AS numeric_precision, c.NUMERIC_SCALE AS numeric_scale, c.DATETIME_PRECISION AS datetime_precision,
 c.CHARACTER_SET_NAME AS character_set_name, c.EXTRA AS extra, c.COLUMN_COMMENT AS column_comment
 FROM information_schema.COLUMNS c WHERE ${condition} ORDER BY 1, 2, c.ORDINAL_POSITION`;

const keysQuery = (
  condition: string,
) => `SELECT s.TABLE_SCHEMA AS table_schema, s.TABLE_NAME AS table_name, s.INDEX_NAME AS index_name,
 s.NON_UNIQUE AS non_unique, s.SEQ_IN_INDEX AS seq, s.COLUMN_NAME AS column_name, s.SUB_PART AS sub_part
 FROM information_schema.STATISTICS s WHERE ${condition} ORDER BY 1, 2, 3, 5`;

const partitionsQuery = (
  condition: string,
) => `SELECT p.TABLE_SCHEMA AS table_schema, p.TABLE_NAME AS table_name,
 p.PARTITION_NAME AS partition_name, p.SUBPARTITION_NAME AS subpartition_name, p.PARTITION_METHOD AS method,
 p.PARTITION_EXPRESSION AS expression, p.PARTITION_DESCRIPTION AS description
 FROM information_schema.PARTITIONS p WHERE p.PARTITION_NAME IS NOT NULL AND ${condition}
 ORDER BY 1, 2, p.PARTITION_ORDINAL_POSITION, p.SUBPARTITION_ORDINAL_POSITION`;
