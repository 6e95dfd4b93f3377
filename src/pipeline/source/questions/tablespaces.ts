import type { Question } from '../question.ts';
import { type CaptureScope, sqlText } from '../scope.ts';

/** `db/table`, of a partition `db/table#p#partition`; which table it is of, TypeScript finds. */
export interface Tablespace {
  name: string | null;
  space: string | null;
}

// MariaDB keeps names as files have them: `notas@002d2024` for notas-2024, `@0n` for ç. Its own
// character set for that reads them. A `#` in a name is encoded too, so that a plain one begins
// what stands for a partition.
const decoded = (text: string) => `CONVERT(CONVERT(CAST(${text} AS BINARY) USING filename) USING utf8mb4)`;
const FILE_TABLE = "SUBSTRING_INDEX(SUBSTRING_INDEX(NAME, '/', -1), '#', 1)";
const DECODED_NAME = `CONCAT(${decoded("SUBSTRING_INDEX(NAME, '/', 1)")}, '/', ${decoded(FILE_TABLE)}, SUBSTRING(SUBSTRING_INDEX(NAME, '/', -1), CHAR_LENGTH(${FILE_TABLE}) + 1))`;

/**
 * INNODB_TABLES is never asked: it opens every table in InnoDB's dictionary cache and so wipes
 * UPDATE_TIMEs (measured; docs/verify.md). MySQL shows tablespaces only: a general one holds any
 * number of tables. MariaDB shows the tables. We do without its view of tablespaces: a 10.11 died
 * of being asked for it (signal 11, measured).
 */
export const tablespaces = tablespacesIn('tablespaces', 'innodb_tablespaces_brief', 'NAME');
export const tablespacesMariadb = tablespacesIn('tablespaces_mariadb', 'innodb_sys_tables', DECODED_NAME);

function tablespacesIn(name: string, view: string, nameSql: string): Question<Tablespace[], CaptureScope> {
  return {
    name,
    isOptional: true,
    sql: (scope) =>
      `SELECT ${nameSql} AS name, CAST(SPACE AS CHAR) AS space FROM information_schema.${view} WHERE ${conditionOf(scope, nameSql)} ORDER BY NAME`,
    read: (rows) => rows.map((row) => ({ name: row['name'] ?? null, space: row['space'] ?? null })),
  };
}

/**
 * Letter case does not count here, since names may be kept in lower case whatever they were asked
 * for by (lower_case_table_names); what is found too much is no harm.
 */
function conditionOf(scope: CaptureScope, name: string): string {
  const isLike = (one: string, text: string) =>
    `CONVERT(${one} USING utf8mb4) COLLATE utf8mb4_general_ci = ${sqlText(text)}`;
  const starts = (text: string) => isLike(`LEFT(${name}, ${[...text].length})`, text);
  return 'table' in scope
    ? `${isLike(name, `${scope.table.schema}/${scope.table.table}`)} OR ${starts(`${scope.table.schema}/${scope.table.table}#p#`)}`
    : scope.schemas.map((schema) => starts(`${schema}/`)).join(' OR ');
}
