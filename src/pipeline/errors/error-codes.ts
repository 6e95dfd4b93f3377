import { type ErrorKind, terminal, transient } from './error-kind.ts';
import { GOOGLE_ERROR_KINDS } from './google-error-codes.ts';

/** The one table of error codes. `docs/errors.md` is generated from it. */
export const ERROR_KINDS = {
  // Configuration and use
  CONFIG_INVALID: terminal(
    'Settings are missing or wrong.',
    'Correct the settings named; all problems are listed at once.',
    2,
  ),
  USAGE: terminal('The command line is not understood.', 'See the usage line.', 2),
  OUTPUT_FAILED: terminal(
    'The answer could not be written to standard output.',
    'Make room, or send it elsewhere.',
    3,
  ),
  SOURCE_ID_TAKEN: terminal(
    'This SOURCE_ID belongs to another MySQL address.',
    'Choose another SOURCE_ID, or delete the installation object named if the source has really moved.',
    2,
  ),
  UNKNOWN_TABLE: terminal(
    'No table of that name is in MYSQL_SCHEMAS.',
    'Check the name; near names are suggested.',
    2,
  ),
  AMBIGUOUS_TABLE: terminal('The bare name exists in several schemas.', 'Write schema.table.', 2),
  UNKNOWN_RUN: terminal('There is no run of that name.', 'See: npm run runs', 2),
  TABLE_EXCLUDED: terminal(
    'A rule of adutora.yml keeps the table out.',
    'Change include or exclude, and restart the workers.',
    2,
  ),
  TABLE_PAUSED: terminal('The table is paused.', 'Resume it first: npm run resume -- table=…', 2),
  CANCELLED: terminal('A person cancelled it.', 'Load it again: npm run enqueue -- table=…'),
  NEWER_VERSION: transient(
    'This was written by a newer version of Adutora than reads it.',
    'Upgrade this process. A worker hands such a job back, and a newer worker takes it.',
    2,
  ),
  PAYLOAD_INVALID: terminal(
    'A job in the queue has a payload this version does not accept.',
    'It was made by another version or by hand; enqueue the table again.',
  ),
  RUN_NOT_RETRIABLE: terminal('Runs are not retried.', 'Load what failed with: npm run enqueue -- table=…'),
  NO_WORKER: transient('No worker is alive.', 'Start one with: npm start', 4),
  WAIT_TIMEOUT: transient(
    'Waiting took longer than allowed; the work goes on.',
    'See npm run history or the board.',
    4,
  ),

  // Source
  SOURCE_UNREACHABLE: transient(
    'MySQL cannot be reached.',
    'Check MYSQL_HOST, MYSQL_PORT, firewall and server.',
    3,
  ),
  SOURCE_ACCESS_DENIED: terminal(
    'MySQL refused the user or a privilege.',
    'Check the user, its password and its grants.',
    3,
  ),
  SOURCE_PASSWORD_CHANGED: transient(
    'The password of MySQL was changed while rows were read, and a connection still had the one before.',
    'Nothing: the next attempt reads the new one. With MySQL 8, ALTER USER … RETAIN CURRENT PASSWORD lets running loads end (docs/security.md).',
  ),
  SOURCE_TLS_REFUSED: terminal(
    'MySQL and MYSQL_TLS do not agree on encryption, or the server could not show that it is the one of MYSQL_HOST.',
    'Check MYSQL_TLS, MYSQL_TLS_CA and MYSQL_HOST (docs/security.md); on Aurora the authority is the RDS bundle: https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
    3,
  ),
  SOURCE_LOGIN_METHOD: terminal(
    'MySQL asks for the password by a method that is not answered here.',
    'With MYSQL_TLS=required only mysql_native_password is answered: set verify-identity or verify-ca (docs/security.md). mysql_clear_password is never answered.',
    3,
  ),
  SOURCE_COLUMNS_HIDDEN: terminal(
    'MYSQL_USER may read some columns of the table only, so that the others look dropped.',
    'GRANT SELECT on the whole table, not on columns of it; what is not to arrive leave out in adutora.yml (columns: … exclude: true).',
  ),
  SOURCE_SCHEMA_MISSING: terminal(
    'A schema of MYSQL_SCHEMAS is not there, or MYSQL_USER may not see it.',
    'Check the name (upper and lower case count) and the grants.',
    3,
  ),
  SOURCE_BUSY: transient(
    'MySQL gave up on a lock, a deadlock or a limit.',
    'It is retried; look for long transactions if it persists.',
  ),
  SOURCE_CHANGED_SHAPE: transient('The table was altered while it was read.', 'It is read again.'),
  SOURCE_TABLE_GONE: terminal(
    'The table is no longer there.',
    'Dropped, renamed, or hidden from MYSQL_USER: check the grants. If it was dropped on purpose: npm run acknowledge -- table=…',
  ),
  SOURCE_TABLE_UNKNOWN: terminal(
    'The run found no such table in the source.',
    'Check the name; npm run tables lists what the last run saw.',
    2,
  ),
  SOURCE_MOVED: transient(
    'A connection reached another server than the signature came from.',
    'Point MYSQL_HOST at the writer, not at a proxy or a reader.',
  ),
  SOURCE_VALUE_REFUSED: terminal(
    'MySQL cannot compute a value of the table.',
    'See the errno and message. A virtual column may need the sql_mode of the application (the rows are read under the global one of the server): SET GLOBAL sql_mode to it, exclude the column (columns: { NAME: { exclude: true } }), or correct its expression or rows.',
  ),
  SOURCE_STATEMENT_REFUSED: terminal(
    'MySQL does not accept the statement, and would not accept it again.',
    'See the errno and message: a column that it names can be excluded (columns: { NAME: { exclude: true } }); else report it with the version of the server.',
  ),
  SOURCE_QUERY_FAILED: transient('MySQL refused a statement.', 'See the errno and message.'),
  TABLE_DESIGN_INVALID: terminal(
    'A rule under bigquery does not fit the table.',
    'Correct partitionBy or clusterBy in adutora.yml: columns by their names in MySQL, of a type that BigQuery takes.',
  ),
  TOO_MANY_PARTITIONS: terminal(
    'The rows make more than 4,000 partitions, which BigQuery refuses in one load.',
    'Use a coarser granularity: MONTH or YEAR.',
  ),
  UNSUPPORTED_TYPE: terminal(
    'A column has a type that has no mapping.',
    'Exclude the column (adutora.yml, columns) or the table, or report the type.',
  ),
  RULE_UNMATCHED: terminal(
    'A rule of adutora.yml names a schema, a table or a column that is not there.',
    'Correct the name in adutora.yml: what the rule was to mask or guard may be there under another name. A table that was dropped on purpose: take its rules away. One that MYSQL_USER may not see: check the grants.',
    2,
  ),
  RULE_UNSUITABLE: terminal(
    'A rule of adutora.yml cannot be followed for the type of its column.',
    'Choose another mask or type; docs/type-mapping.md lists what fits.',
    2,
  ),
  NO_COLUMN_LEFT: terminal(
    'The rules exclude every column of the table.',
    'Exclude the table itself, or keep a column.',
    2,
  ),
  DESTINATION_COLLISION: terminal(
    'Two tables would be loaded into one destination.',
    'Rename one, exclude one, or give each schema its own dataset.',
  ),
  NAME_UNSUITABLE: terminal(
    'A name cannot be used in BigQuery.',
    'Rename it at the source or exclude the table.',
  ),

  // Rows
  POLICY_VIOLATION: terminal(
    'A value broke a policy that says error.',
    'Correct the value at the source or choose another policy.',
  ),
  ROW_TOO_LONG: terminal(
    'A row is longer than the 100 MB that BigQuery loads.',
    'Exclude or truncate the long column (adutora.yml, columns), or shorten the value at the source.',
  ),
  VALUE_TOO_LONG: terminal(
    'A value became longer than max_allowed_packet as text, and MySQL gave NULL in its place.',
    'Raise max_allowed_packet on the server, or exclude or truncate the column.',
  ),
  TEXT_NOT_UNICODE: terminal(
    'A text holds what has no Unicode: bytes that its character set does not define, or a lone surrogate.',
    'Correct the value at the source, or exclude or nullify the column (adutora.yml, columns).',
  ),
  SPARK_OUT_OF_MEMORY: transient(
    'Spark ran out of memory.',
    'Very long values? Exclude or truncate their column (adutora.yml, columns), read by fewer connections (partitions), or give the cluster more memory.',
  ),
  NULL_TOKEN_COLLISION: transient(
    'A text equals the null token of the attempt.',
    'The next attempt uses another token.',
  ),
  SPEC_MISMATCH: terminal(
    'The spec is not the one that was submitted.',
    'Somebody altered it; load the table again.',
  ),
  SPEC_INVALID: terminal(
    'The spec cannot be read by this script.',
    'Script and worker differ in version: deploy again.',
  ),
  TOO_MANY_OBJECTS: terminal(
    'A stage has more than 10,000 objects.',
    'Raise the rows an object holds, or read with fewer partitions.',
  ),
  UNSAFE_COMMITTER: terminal(
    'Spark would write with committer algorithm 2.',
    'Leave the properties of the Dataproc job as Adutora sets them.',
  ),
  STAGE_INCOMPLETE: transient('The stage does not hold what its manifest lists.', 'The rows are read again.'),
  COUNTS_DIFFER: transient(
    'Staged rows differ from the rows of the source although nothing changed.',
    'The rows are read again.',
  ),

  // Google
  GOOGLE_CREDENTIALS: terminal(
    "Google's credentials are missing, expired or refused.",
    'Run gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS.',
    3,
  ),

  ...GOOGLE_ERROR_KINDS,

  // Queue
  REDIS_UNREACHABLE: transient('Redis cannot be reached.', 'Check REDIS_URL and that Redis runs.', 3),
  REDIS_REFUSED: terminal(
    'Redis refused the login or the command.',
    'Check user and password in REDIS_URL, and the rights of the user: the message names what is missing.',
    3,
  ),
  REDIS_READ_ONLY: transient(
    'Redis is a replica: nothing can be written to it.',
    'Let REDIS_URL name the primary, by an address that follows a failover.',
    3,
  ),
  REDIS_FULL: transient(
    'Redis has reached its maxmemory and takes nothing more.',
    "Raise maxmemory, or remove other users' keys; npm run doctor shows how full it is.",
    3,
  ),
  REDIS_NOT_WRITING: transient(
    'Redis cannot write its data to disk, and refuses writes until it can.',
    'See the log of Redis: disk space and rights of its folder.',
    3,
  ),
  REDIS_NOT_READY: transient(
    'Redis answers, and cannot serve yet: it loads its data, waits for its primary or replicas, or is busy.',
    'Wait and try again; see the log of Redis if it lasts.',
    3,
  ),
  REDIS_IN_CLUSTER: terminal(
    'Redis runs in cluster mode, where the keys of a queue lie on several servers.',
    'Use a Redis, or a managed one, without cluster mode.',
    3,
  ),
  REDIS_TOO_OLD: terminal('Redis is older than 6.2.', 'Use Redis 6.2 or newer, or Valkey.', 3),
  REDIS_EVICTING: terminal(
    'Redis may throw jobs away: its maxmemory-policy is not noeviction.',
    'Set maxmemory-policy to noeviction (redis.conf, or the parameter group of the managed service).',
    3,
  ),
  LOAD_DEADLINE: terminal(
    'The load was not over by its deadline, counted from its first attempt; its Dataproc job was cancelled.',
    'See what its attempts failed of: npm run history -- table=…. Raise LOAD_DEADLINE where it needs longer.',
  ),
  RUN_DEADLINE: terminal(
    'The run was not over by its deadline, counted from its request: what waited was ended, what ran was cancelled.',
    'Raise RUN_DEADLINE, or INGEST_CONCURRENCY so that more tables load at once; the next run loads what is missing.',
  ),
  LOAD_ABANDONED: transient(
    'The load ended without being able to say why.',
    'Load it again: npm run enqueue -- table=…',
  ),
  UNEXPECTED: transient('Something nobody has thought of.', 'See the message; report it with the log.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** True where `code` is one of ours. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_KINDS, code);
}
