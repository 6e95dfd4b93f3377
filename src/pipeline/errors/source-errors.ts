import { type ErrorKind, terminal, transient } from './error-kind.ts';

/** Codes of the source, and of rules that do not fit it. */
export const SOURCE_ERRORS = {
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
    'See the errno and message. A virtual column may need the sql_mode of the application, and rows are read under the global one. SET GLOBAL sql_mode to it, or correct the expression or the rows. Or exclude the column (columns: { NAME: { exclude: true } }).',
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
} as const satisfies Record<string, ErrorKind>;
