import { LoadError } from '../pipeline/errors/index.ts';
import { newestWholeTables } from '../pipeline/load/index.ts';
import { type TableRef, tableKey } from '../pipeline/names/index.ts';
import {
  answerOf,
  foldsCaseOf,
  pick,
  sessionStatements,
  tables as tablesQuestion,
} from '../pipeline/source/index.ts';
import { checkSchemas } from '../pipeline/verify/index.ts';
import type { CommandContext } from './command.ts';
import { didYouMean, resolveTables as resolveAll, resolveTable } from './resolve-table.ts';

/** Somewhere tables are known by their names. */
export type TablePlace = (context: CommandContext) => Promise<readonly TableRef[]>;

/**
 * Every table of the schemas: as the source knows them, or, where only the cluster reaches it
 * (`VERIFY_RUNNER=dataproc`), as the newest run that looked at all of them saw them. Throws
 * `SOURCE_SCHEMA_MISSING`.
 */
export async function knownTables(context: CommandContext): Promise<TableRef[]> {
  return (await listTables(context)).tables;
}

/** `foldsCase`: whether the server takes names in any letter case; a run does not tell. */
async function listTables(context: CommandContext): Promise<{ tables: TableRef[]; foldsCase: boolean }> {
  if (context.verify.runner === 'dataproc')
    return { tables: await tablesOfNewestRun(context), foldsCase: false };
  const { ports, verify, activity } = context;
  activity('asking MySQL for its tables');
  const queries = pick('server', 'schemas', 'tables')({ schemas: verify.schemas });
  const capture = await ports.sourceQueries.capture({ session: sessionStatements(), queries });
  checkSchemas(capture, verify.schemas);
  const tables = answerOf(capture, tablesQuestion).map(({ schema, table }) => ({ schema, table }));
  return { tables, foldsCase: foldsCaseOf(capture) };
}

async function tablesOfNewestRun(context: CommandContext): Promise<TableRef[]> {
  const { ports, verify, activity, note } = context;
  activity('reading the tables of the newest run');
  const whole = await newestWholeTables(ports.bucket, verify.sourceId);
  note(
    whole
      ? `VERIFY_RUNNER=dataproc: tables as run ${whole.runId} saw them.`
      : 'VERIFY_RUNNER=dataproc, and no run has looked at all tables yet: npm run run',
  );
  return (whole?.tables ?? []).map(({ schema, table }) => ({ schema, table }));
}

/** Tables as the newest run that looked at all of them saw them: no MySQL is needed. */
export const knownToRuns: TablePlace = async ({ ports, verify, activity }) => {
  activity('reading the tables of the newest run');
  return (await newestWholeTables(ports.bucket, verify.sourceId))?.tables ?? [];
};

/** Tables that were ever loaded, also those that are gone from the source. */
export const knownToHistory: TablePlace = async ({ ports, verify, activity }) => {
  activity('reading history');
  const rows = await ports.history.newestLoads({ sourceId: verify.sourceId, since: new Date(0) });
  return rows.map((row) => ({ schema: row.schema_name, table: row.table_name }));
};

/**
 * The tables that people name. `places` are looked through one after the other, until every name is
 * known; the source itself comes last. Throws `UNKNOWN_TABLE`, `AMBIGUOUS_TABLE`, and what asking
 * the source throws.
 */
export async function resolveTables(
  names: readonly string[],
  context: CommandContext,
  places: readonly TablePlace[] = [],
): Promise<TableRef[]> {
  if (names.length === 0) return [];
  const known = new Map<string, TableRef>();
  for (const place of places) {
    for (const table of await place(context)) known.set(tableKey(table), table);
    const found = tryToResolve(names, [...known.values()]);
    if (found) return found;
  }
  const { tables, foldsCase } = await listTables(context);
  for (const table of tables) known.set(tableKey(table), table);
  for (const table of names.flatMap((name) => addressed(name, [...known.values()], context)))
    known.set(tableKey(table), table);
  const all = [...known.values()];
  return resolveAll(foldsCase ? names.map((name) => asListed(name, tables)) : names, all);
}

/**
 * The name as the server lists it, where letter case does not count there; else as it was typed.
 */
function asListed(name: string, tables: readonly TableRef[]): string {
  const wanted = name.replaceAll('`', '').toLowerCase();
  const found = tables.filter(({ schema, table }) =>
    [`${schema}.${table}`, table].some((one) => one.toLowerCase() === wanted),
  );
  return found.length === 1 && found[0] ? `${found[0].schema}.${found[0].table}` : name;
}

function tryToResolve(names: readonly string[], known: readonly TableRef[]): TableRef[] | null {
  try {
    return resolveAll(names, known);
  } catch (error) {
    if (error instanceof LoadError && error.code === 'UNKNOWN_TABLE') return null;
    throw error;
  }
}

/**
 * The list of a run may be older than a table: a whole name that it does not hold is left to the
 * run, which has the last word.
 */
function addressed(name: string, known: readonly TableRef[], { verify, note }: CommandContext): TableRef[] {
  const plain = name.replaceAll('`', '');
  const schema = verify.schemas.find((candidate) => plain.startsWith(`${candidate}.`));
  if (verify.runner !== 'dataproc' || !schema) return [];
  try {
    resolveTable(name, known);
    return [];
  } catch (error) {
    if (!(error instanceof LoadError) || error.code !== 'UNKNOWN_TABLE') throw error;
    const near = didYouMean(name, known);
    note(`${name} is not in that list; the source itself will be asked.${near ? ` ${near}` : ''}`);
    return [{ schema, table: plain.slice(schema.length + 1) }];
  }
}
