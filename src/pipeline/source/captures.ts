import type { TableRef } from '../names/index.ts';
import type { SourceQuery } from '../objects/index.ts';
import { type Question, toQuery } from './question.ts';
import * as ask from './questions/index.ts';
import type { CaptureScope } from './scope.ts';

type Part = (scope: CaptureScope) => SourceQuery | null;

const always =
  (question: Question<unknown, CaptureScope>): Part =>
  (scope) =>
    toQuery(question, scope);
const ofSchemas =
  (question: Question<unknown, { schemas: readonly string[] }>): Part =>
  (scope) =>
    'schemas' in scope ? toQuery(question, scope) : null;
const ofTable =
  (question: Question<unknown, TableRef>): Part =>
  (scope) =>
    'table' in scope ? toQuery(question, scope.table) : null;

/** The questions of a capture in their order, one set for all servers, each under its name. */
const PARTS = {
  server: always(ask.server),
  user: always(ask.user),
  schemas: ofSchemas(ask.schemas),
  boot: always(ask.boot),
  boot_mariadb: always(ask.bootMariadb),
  tables: always(ask.tables),
  tables_warnings: always(ask.warningsOf(ask.tables)),
  open_transactions: always(ask.openTransactions),
  tablespaces: always(ask.tablespaces),
  tablespaces_mariadb: always(ask.tablespacesMariadb),
  dictionary: always(ask.dictionary),
  dictionary_mariadb: always(ask.dictionaryMariadb),
  columns: always(ask.columns),
  columns_warnings: always(ask.warningsOf(ask.columns)),
  keys: always(ask.keys),
  keys_warnings: always(ask.warningsOf(ask.keys)),
  partitions: always(ask.partitions),
  partitions_warnings: always(ask.warningsOf(ask.partitions)),
  locks: always(ask.locks),
  locks_mariadb: always(ask.locksMariadb),
  locks_waiting: always(ask.locksWaiting),
  // Whether every column is shown: of schemas where it is worth asking, of one table the server's
  // own answer.
  column_grants: ofSchemas(ask.columnGrants),
  column_grants_roles: ofSchemas(ask.columnGrantsOfRoles),
  grants_role: ofSchemas(ask.grantsOfRole),
  grants_public: ofSchemas(ask.grantsOfPublic),
  whole_row: ofTable(ask.wholeRow),
} satisfies Record<string, Part>;

type PartName = keyof typeof PARTS;

/** Some questions of a capture, in its order. */
export function pick(...names: readonly PartName[]): (scope: CaptureScope) => SourceQuery[] {
  const wanted = new Set<string>(names);
  return (scope) =>
    Object.entries(PARTS).flatMap(([name, part]) => (wanted.has(name) ? (part(scope) ?? []) : []));
}

/** All of them. */
export const captureQueries = pick(...(Object.keys(PARTS) as PartName[]));
