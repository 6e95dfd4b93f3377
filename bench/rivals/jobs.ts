import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type BenchTable, fillTable } from '../tables/fill-table.ts';
import { lineitem, smallTables } from '../tables/lineitem.ts';
import { wide } from '../tables/wide.ts';
import type { Sums } from './arrived.ts';
import type { JobTable } from './rival.ts';

export const JOBS = ['lineitem', 'wide', 'small'] as const;
export type JobName = (typeof JOBS)[number];

/** Rows of the large table, or how many small ones: unless told otherwise. */
export const SIZES: Readonly<Record<JobName, number>> = { lineitem: 1_000_000, wide: 200_000, small: 200 };

export const SCHEMA = 'rivals';
/** A copy of the first rows of the large table, for slow tools. */
const FIRST = 'first_rows';

/** The tables of a job, and what must arrive of them. */
export interface JobTables {
  tables: readonly JobTable[];
  /** Column names, in their order; the same in each table. */
  columns: readonly string[];
  expected: Sums;
}

/** Makes the tables of a job. `size`: as in `SIZES`. */
export async function makeTables(connection: Connection, job: JobName, size: number): Promise<JobTables> {
  await connection.query(`CREATE DATABASE ${SCHEMA}`);
  const tables = tablesOf(job, size);
  for (const table of tables) await fillTable(connection, table);
  return describe(
    connection,
    tables.map(({ name }) => name.slice(SCHEMA.length + 1)),
  );
}

/** The first rows of a table, as a table of its own. */
export async function makeFirstRows(
  connection: Connection,
  { tables: [table] }: JobTables,
  rows: number,
): Promise<JobTables> {
  const first = `${SCHEMA}.${FIRST}`;
  const whole = `${SCHEMA}.${table?.name}`;
  await connection.query(`CREATE TABLE ${first} LIKE ${whole}`);
  await connection.query(`INSERT INTO ${first} SELECT * FROM ${whole} WHERE id <= ${rows}`);
  return describe(connection, [FIRST]);
}

function tablesOf(job: JobName, size: number): BenchTable[] {
  if (job === 'small') return smallTables(SCHEMA, size);
  return [job === 'wide' ? wide(`${SCHEMA}.wide`, size) : lineitem(`${SCHEMA}.lineitem`, size)];
}

async function describe(connection: Connection, names: readonly string[]): Promise<JobTables> {
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [SCHEMA, names[0]],
  );
  const columns = found.map(({ name }) => String(name));
  const decimals = Object.fromEntries(
    found.filter(({ type }) => String(type).startsWith('decimal')).map(({ name, type }) => [name, type]),
  );
  const expected = await sumsOf(connection, names, columns.includes('l_extendedprice'));
  return { tables: names.map((name) => ({ name, decimals })), columns, expected };
}

async function sumsOf(connection: Connection, names: readonly string[], hasPrices: boolean): Promise<Sums> {
  const prices = hasPrices ? 'SUM(l_extendedprice)' : 'NULL';
  const each = names.map(
    (name) => `SELECT COUNT(*) AS n, SUM(id) AS ids, ${prices} AS prices FROM ${SCHEMA}.${name}`,
  );
  const [[sums]] = await connection.query<RowDataPacket[]>(
    `SELECT CAST(SUM(n) AS CHAR) AS n, CAST(SUM(ids) AS CHAR) AS ids, CAST(SUM(prices) AS CHAR) AS prices
       FROM (${each.join(' UNION ALL ')}) AS each_table`,
  );
  return { rows: Number(sums?.['n']), ids: String(sums?.['ids']), prices: sums?.['prices'] ?? null };
}
