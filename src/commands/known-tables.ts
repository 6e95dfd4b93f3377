import { distance } from 'fastest-levenshtein';
import { LoadError } from '../pipeline/load-error.ts';
import { resolveTable } from '../pipeline/resolve-table.ts';
import { newestWholeTables } from '../pipeline/run/known-source.ts';
import { captureQueries, sessionStatements } from '../pipeline/source-sql/capture-queries.ts';
import type { TableRef } from '../pipeline/table-ref.ts';
import { checkSchemas } from '../pipeline/verify.ts';
import type { CommandContext } from './command.ts';

/**
 * Every table of the schemas: as the source knows them, or, where only the cluster reaches it (`VERIFY_RUNNER=dataproc`), as the newest
 * run that looked at all of them saw them. Throws `SOURCE_SCHEMA_MISSING`.
 */
export async function knownTables(context: CommandContext): Promise<TableRef[]> {
  if (context.verify.runner === 'dataproc') return tablesOfNewestRun(context);
  const { ports, verify, activity } = context;
  activity('asking MySQL for its tables');
  const queries = captureQueries({ schemas: verify.schemas }).filter(
    ({ name }) => name === 'tables' || name === 'schemas',
  );
  const capture = await ports.source.capture({ session: sessionStatements(), queries });
  checkSchemas(capture, verify.schemas);
  const { tables } = capture;
  const rows = tables && 'rows' in tables ? tables.rows : [];
  return rows.map((row) => ({ schema: row['table_schema'] ?? '', table: row['table_name'] ?? '' }));
}

async function tablesOfNewestRun({ ports, verify, activity, note }: CommandContext): Promise<TableRef[]> {
  activity('reading the tables of the newest run');
  const whole = await newestWholeTables(ports.stage, verify.sourceId);
  note(
    whole
      ? `VERIFY_RUNNER=dataproc: tables as run ${whole.run} saw them.`
      : 'VERIFY_RUNNER=dataproc, and no run has looked at all tables yet: npm run run',
  );
  return (whole?.tables ?? []).map(({ schema, table }) => ({ schema, table }));
}

/** The tables that people name, as the source knows them. */
export async function resolveTables(names: readonly string[], context: CommandContext): Promise<TableRef[]> {
  const known = await knownTables(context);
  const resolved = names.map((name) => resolveOne(name, known, context));
  return [...new Map(resolved.map((table) => [JSON.stringify(table), table])).values()];
}

/** The list of a run may be older than a table: a whole name that it does not hold is left to the run, which has the last word. */
function resolveOne(name: string, known: readonly TableRef[], { verify, note }: CommandContext): TableRef {
  try {
    return resolveTable(name, known, distance);
  } catch (error) {
    const isUnknown = error instanceof LoadError && error.code === 'UNKNOWN_TABLE';
    const plain = name.replaceAll('`', '');
    const schema = verify.schemas.find((candidate) => plain.startsWith(`${candidate}.`));
    if (!isUnknown || verify.runner !== 'dataproc' || !schema) throw error;
    const near = error.hint.startsWith('Did you mean') ? ` ${error.hint}` : '';
    note(`${name} is not in that list; the source itself will be asked.${near}`);
    return { schema, table: plain.slice(schema.length + 1) };
  }
}
