import { distance } from 'fastest-levenshtein';
import { resolveTable } from '../pipeline/resolve-table.ts';
import { captureQueries, sessionStatements } from '../pipeline/source-sql/capture-queries.ts';
import type { TableRef } from '../pipeline/table-ref.ts';
import { checkSchemas } from '../pipeline/verify.ts';
import type { CommandContext } from './command.ts';

/** Every table of the schemas, as the source knows them. Throws `SOURCE_SCHEMA_MISSING`. */
export async function knownTables({ ports, verify, activity }: CommandContext): Promise<TableRef[]> {
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

/** The tables that people name, as the source knows them. */
export async function resolveTables(names: readonly string[], context: CommandContext): Promise<TableRef[]> {
  const known = await knownTables(context);
  const resolved = names.map((name) => resolveTable(name, known, distance));
  return [...new Map(resolved.map((table) => [JSON.stringify(table), table])).values()];
}
