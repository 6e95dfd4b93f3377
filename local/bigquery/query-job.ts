import { ApiError, invalid, unknown } from './api-error.ts';
import { quoteName } from './database.ts';
import { dropTable } from './drop-table.ts';
import type { TableResource } from './resources.ts';
import { markedColumns, markSchema, type QueryParameter, translate } from './sql-translation.ts';
import type { StandIn } from './stand-in.ts';
import { storageName, timeOfChange } from './storage.ts';
import { typeOfResult, typeRule } from './types.ts';

export interface QueryResult {
  schema: { fields: { name: string; type: string; mode: 'NULLABLE' }[] };
  /**
   * Values as text, as they go over the wire; TIMESTAMPs as microseconds, which the asker's options
   * turn into theirs.
   */
  rows: (string | null)[][];
  numDmlAffectedRows: string | null;
}

interface ResultColumn {
  name: string;
  /** BigQuery's. */
  type: string;
}

/** The API's names on the wire, where they differ from SQL's. */
const WIRE_NAMES: Record<string, string> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN' };

/**
 * DuckDB's Node client drops a byte order mark that a text begins with; so no text begins with it.
 */
const GUARD = '.';
const unguarded = (text: string | null | undefined) => text?.slice(GUARD.length) ?? null;

/** Runs one statement. A statement that writes touches its table's lastModifiedTime. */
export async function runQuery(
  standIn: StandIn,
  sql: string,
  parameters: readonly QueryParameter[],
): Promise<QueryResult> {
  if (await dropTable(standIn, sql)) return { schema: { fields: [] }, rows: [], numDmlAffectedRows: null };
  const translated = translate(sql, parameters, { standIn, purpose: 'run' });
  const forTypes = translate(sql, parameters, { standIn, purpose: 'types' });
  const isReading = translated.kind === 'SELECT' || translated.kind === 'WITH';
  try {
    return await standIn.database.exclusively(async () => {
      // Of several, DuckDB would run all and answer for one.
      if ((await standIn.database.countStatements(translated.sql)) !== 1)
        throw unknown('scripts: one statement a query');
      if (isReading)
        return select(standIn, translated.sql, await resultColumns(standIn, translated.sql, forTypes));
      return standIn.database.inTransaction(() => write(standIn, translated));
    });
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw invalid(`DuckDB (the stand-in's engine): ${(error as Error).message}`);
  }
}

/** Names and BigQuery types of a statement's result. */
async function resultColumns(
  standIn: StandIn,
  sql: string,
  forTypes: { sql: string; tables: TableResource[] },
): Promise<ResultColumn[]> {
  const plain = await describe(standIn, sql);
  if (sql === forTypes.sql) return plain;
  // A function may take text and no mark of it: then all that is known is that it is text.
  return describeMarked(standIn, forTypes).catch(() => plain);
}

/** The same over views of the tables with their types marked, of which nothing is left. */
async function describeMarked(
  standIn: StandIn,
  { sql, tables }: { sql: string; tables: TableResource[] },
): Promise<ResultColumn[]> {
  const { database } = standIn;
  await database.run('BEGIN');
  try {
    for (const table of tables) {
      const marks = markedColumns(table).map(
        ({ name, mark }) => `CAST(${quoteName(name)} AS ${mark}) AS ${quoteName(name)}`,
      );
      if (marks.length === 0) continue;
      const schema = quoteName(markSchema(table.dataset));
      await database.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await database.run(
        `CREATE OR REPLACE VIEW ${schema}.${quoteName(table.id)} AS SELECT * REPLACE (${marks.join(', ')}) FROM ${storageName(table, table)}`,
      );
    }
    return await describe(standIn, sql);
  } finally {
    await database.run('ROLLBACK');
  }
}

async function describe(standIn: StandIn, sql: string): Promise<ResultColumn[]> {
  const described = await standIn.database.all(`DESCRIBE ${sql}`);
  return described.map((row) => ({
    name: String(row['column_name']),
    type: typeOfResult(String(row['column_type'])),
  }));
}

/**
 * Every column is printed by SQL as BigQuery would, so that no number passes through JavaScript.
 */
async function select(standIn: StandIn, sql: string, columns: readonly ResultColumn[]): Promise<QueryResult> {
  const printed = columns.map(
    ({ name, type }, index) => `'${GUARD}' || ${typeRule(type).toWire(quoteName(name))} AS c${index}`,
  );
  const rows = await standIn.database.all(
    `SELECT ${printed.join(', ')} FROM (\n${sql.replace(/;\s*$/, '')}\n)`,
  );
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
