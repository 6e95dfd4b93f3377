import { quoteIdentifier, type TableRef, tableLabel } from '../names/index.ts';
import type { Capture, SourceQuery } from '../objects/index.ts';
import { answerOf, askEach, tables as tablesQuestion, upgradeCheck } from '../source/index.ts';
import { type Finding, fail, ok } from './finding.ts';

/** MariaDB's system-versioned tables of a capture. */
export function versionedTables(capture: Capture): TableRef[] {
  return answerOf(capture, tablesQuestion)
    .filter(({ isVersioned }) => isVersioned)
    .map(({ schema, table }) => ({ schema, table }));
}

/** One look a table at what a newer server thinks of how it was made; it reads no rows. */
export function upgradeProbes(tables: readonly TableRef[]): SourceQuery[] {
  return askEach(upgradeCheck, tables).queries;
}

/**
 * From 11.5 on MariaDB's current rows end in 2106; those of a table made before end in 2038, and a
 * plain SELECT shows none of them until the table is rebuilt (measured, 10.11 to 11.8). Nothing
 * where there are no such tables.
 */
export function judgeVersioned(tables: readonly TableRef[], answers: Capture): Finding[] {
  if (tables.length === 0) return [];
  const checks = askEach(upgradeCheck, tables).read(answers);
  const hidden = tables.filter((_, index) => checks[index]?.answer);
  if (hidden.length === 0) return [ok('mysql.versioned', 'system-versioned tables show their current rows')];
  return [
    fail(
      'mysql.versioned',
      `made by an older server, and hiding current rows from a plain SELECT until rebuilt: ${hidden.map(tableLabel).join(', ')}`,
      `Run mariadb-upgrade, or: ${hidden.map(({ schema, table }) => `ALTER TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(table)} FORCE;`).join(' ')}`,
    ),
  ];
}
