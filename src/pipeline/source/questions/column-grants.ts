import type { TableRef } from '../../names/index.ts';
import type { TextRow } from '../../objects/index.ts';
import type { Question } from '../question.ts';
import { type CaptureScope, tableOfRow, within } from '../scope.ts';

/** `GRANT SELECT (…) ON `s`.`t` TO …`; a name's own backticks are doubled. */
const COLUMN_GRANT = /^GRANT .*\([^)]*\).* ON `((?:[^`]|``)+)`\.`((?:[^`]|``)+)` TO /;

/**
 * Tables of which somebody has granted columns instead of all, to the user or to a role in force.
 * One set for all servers, each of which refuses what it does not know. SHOW GRANTS itself is never
 * asked here: MariaDB prints the hash of the password in it, which would then lie in the bucket.
 * COLUMN_PRIVILEGES leaves out what comes by a role, on both (measured: MySQL 8.0.31, MariaDB
 * 10.11).
 */
export const columnGrants = grantsIn('column_grants', 'COLUMN_PRIVILEGES');
/** MySQL's view of the roles in force. */
export const columnGrantsOfRoles = grantsIn('column_grants_roles', 'ROLE_COLUMN_GRANTS');
/** MariaDB's: the whole tree of roles, without a password. MySQL has no such statement. */
export const grantsOfRole = printedGrants('grants_role', 'SHOW GRANTS FOR CURRENT_ROLE');
export const grantsOfPublic = printedGrants('grants_public', 'SHOW GRANTS FOR PUBLIC');

function grantsIn(name: string, view: string): Question<TableRef[], CaptureScope> {
  return {
    name,
    isOptional: true,
    sql: (scope) =>
      `SELECT DISTINCT g.TABLE_SCHEMA AS table_schema, g.TABLE_NAME AS table_name FROM information_schema.${view} g WHERE ${within(scope, 'g.TABLE_SCHEMA', 'g.TABLE_NAME')}`,
    read: (rows) => rows.map(tableOfRow),
  };
}

function printedGrants(name: string, sql: string): Question<TableRef[], unknown> {
  return { name, isOptional: true, sql: () => sql, read: (rows) => rows.flatMap(grantedTables) };
}

function grantedTables(row: TextRow): TableRef[] {
  return Object.values(row).flatMap((line) => {
    const [, schema, table] = COLUMN_GRANT.exec(line ?? '') ?? [];
    if (schema === undefined || table === undefined) return [];
    return [{ schema: schema.replaceAll('``', '`'), table: table.replaceAll('``', '`') }];
  });
}
