import type { Question } from '../question.ts';

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

/** Variables by their name in lower case. */
export const server: Question<ReadonlyMap<string, string>, unknown> = {
  name: 'server',
  sql: () =>
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${SERVER_VARIABLES.map((name) => `'${name}'`).join(', ')})`,
  read: (rows) =>
    new Map(rows.map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? ''])),
};

/** Who asks, as `adutora@%`; null where the server does not tell. */
export const user: Question<string | null, unknown> = {
  name: 'user',
  isOptional: true,
  sql: () => 'SELECT CURRENT_USER() AS user',
  read: ([row]) => row?.['user'] ?? null,
};

/** When the server started, in seconds since 1970, as text; null where it does not tell. */
export const boot = bootQuestion('boot', 'performance_schema.global_status');
export const bootMariadb = bootQuestion('boot_mariadb', 'information_schema.global_status');

// Both in one statement: two statements may straddle a second and look like a restart.
function bootQuestion(name: string, status: string): Question<string | null, unknown> {
  return {
    name,
    isOptional: true,
    sql: () =>
      `SELECT CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS SIGNED) AS boot_epoch FROM ${status} WHERE VARIABLE_NAME = 'UPTIME'`,
    read: ([row]) => row?.['boot_epoch'] ?? null,
  };
}
