import { invalid } from './api-error.ts';
import { quoteName } from './database.ts';
import { type QueryParameter, translate } from './sql-translation.ts';
import type { StandIn } from './stand-in.ts';
import { timeOfChange } from './storage.ts';
import { typeOfResult, typeRule } from './types.ts';

export interface QueryResult {
  schema: { fields: { name: string; type: string; mode: 'NULLABLE' }[] };
  /** Values as text, as they go over the wire. */
  rows: (string | null)[][];
  numDmlAffectedRows: string | null;
}

/** The API's names on the wire, where they differ from SQL's. */
const WIRE_NAMES: Record<string, string> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN' };

/** DuckDB's Node client drops a byte order mark that a text begins with; so no text begins with it. */
const GUARD = '.';
const unguarded = (text: string | null | undefined) => text?.slice(GUARD.length) ?? null;

/** Runs one statement. A statement that writes touches its table's lastModifiedTime. */
export async function runQuery(
  standIn: StandIn,
  sql: string,
  parameters: readonly QueryParameter[],
): Promise<QueryResult> {
  const translated = translate(sql, parameters, standIn);
  try {
    return await standIn.database.exclusively(() =>
      translated.kind === 'SELECT' || translated.kind === 'WITH'
        ? select(standIn, translated.sql)
        : standIn.database.inTransaction(() => write(standIn, translated)),
    );
  } catch (error) {
    throw invalid(`DuckDB (the stand-in's engine): ${(error as Error).message}`);
  }
}

/** Every column is printed by SQL as BigQuery would, so that no number passes through JavaScript. */
async function select(standIn: StandIn, sql: string): Promise<QueryResult> {
  const described = await standIn.database.all(`DESCRIBE ${sql}`);
  const columns = described.map((row) => ({
    name: String(row['column_name']),
    type: typeOfResult(String(row['column_type'])),
  }));
  const printed = columns.map(
    ({ name, type }, index) => `'${GUARD}' || ${typeRule(type).toWire(quoteName(name))} AS c${index}`,
  );
  const rows = await standIn.database.all(`SELECT ${printed.join(', ')} FROM (${sql.replace(/;\s*$/, '')})`);
  return {
    schema: {
      fields: columns.map(({ name, type }) => ({ name, type: WIRE_NAMES[type] ?? type, mode: 'NULLABLE' })),
    },
    rows: rows.map((row) =>
      columns.map((_, index) => unguarded(row[`c${index}`] as string | null | undefined)),
    ),
    numDmlAffectedRows: null,
  };
}

async function write(
  standIn: StandIn,
  { sql, target }: { sql: string; target: string | null },
): Promise<QueryResult> {
  const rows = await standIn.database.all(sql);
  const table = target === null ? undefined : standIn.resources.get('table', target);
  if (table && target) {
    const now = timeOfChange(table);
    // The rows were written over in place: what they were since the last load is nowhere any more.
    const changed = { ...table, lastModifiedTime: now, rowsSince: now, etag: table.etag + 1 };
    await standIn.resources.put('table', target, changed);
  }
  return { schema: { fields: [] }, rows: [], numDmlAffectedRows: String(rows[0]?.['Count'] ?? 0) };
}
