/**
 * Where somebody has granted columns instead of tables, to the user or to a role in force. One set for all servers, each of which
 * refuses what it does not know. SHOW GRANTS itself is never asked: MariaDB prints the hash of the password in it, which would then lie in the bucket.
 * COLUMN_PRIVILEGES leaves out what comes by a role, on both (measured: MySQL 8.0.31, MariaDB 10.11).
 */
export function grantQueries(
  where: (schema: string, table: string) => string,
): { name: string; sql: string }[] {
  const granted = (view: string) =>
    `SELECT DISTINCT g.TABLE_SCHEMA AS table_schema, g.TABLE_NAME AS table_name FROM information_schema.${view} g WHERE ${where('g.TABLE_SCHEMA', 'g.TABLE_NAME')}`;
  return [
    { name: 'column_grants', sql: granted('COLUMN_PRIVILEGES') },
    // MySQL's view of the roles in force.
    { name: 'column_grants_roles', sql: granted('ROLE_COLUMN_GRANTS') },
    // MariaDB's: the whole tree of roles, without a password. MySQL has no such statement.
    { name: 'grants_role', sql: 'SHOW GRANTS FOR CURRENT_ROLE' },
    { name: 'grants_public', sql: 'SHOW GRANTS FOR PUBLIC' },
  ];
}

/** A whole row of a table, but none of its rows: the server refuses it to whoever may not read every visible column. */
export function wholeRowQuery(name: string): string {
  return `SELECT * FROM ${name} LIMIT 0`;
}
