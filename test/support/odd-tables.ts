import mysql from 'mysql2';
import { type Comparison, compareTable } from '../../local/compare/compare-tables.ts';
import { readDestination } from '../../local/compare/destination-rows.ts';
import { destinationOf } from '../../src/pipeline/mapping/destinations.ts';
import { quoteIdentifier } from '../../src/pipeline/names/table-ref.ts';
import type { Sandbox } from './sandbox.ts';

export interface OddTable {
  table: string;
  columns: readonly string[];
  type?: 'TEXT' | 'INT';
  hasKey?: boolean;
}

/**
 * A table with these columns and three rows of awkward values; `INT` columns for tables that would
 * be too wide.
 */
export async function createOddTable(
  sandbox: Sandbox,
  { table, columns, type = 'TEXT', hasKey = true }: OddTable,
): Promise<void> {
  const name = quoteIdentifier(table);
  const list = columns.map((column) => `${quoteIdentifier(column)} ${type}`);
  await sandbox.admin.query(
    `CREATE TABLE ${name} (zz_id INT${hasKey ? ' PRIMARY KEY' : ''}, ${list.join(', ')}) ROW_FORMAT=DYNAMIC`,
  );
  const rows = [1, 2, 3].map((id) => [
    id,
    ...columns.map((_, index) =>
      (index + id) % 5 === 0 ? null : type === 'INT' ? id * index : `${id}"${index},\n`,
    ),
  ]);
  await sandbox.admin.query(`INSERT INTO ${name} VALUES ?`, [rows]);
}

/** Compares a table of the sandbox's schema with its destination, row by row. */
export async function compareWithDestination({ env, schema }: Sandbox, table: string): Promise<Comparison> {
  const connection = mysql.createConnection({
    host: '127.0.0.1',
    port: Number(env['MYSQL_PORT']),
    user: env['MYSQL_USER'] ?? '',
    password: env['MYSQL_PASSWORD'] ?? '',
    charset: 'utf8mb4',
  });
  try {
    const destination = await readDestination({
      host: env['BIGQUERY_EMULATOR_HOST'] ?? '',
      project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
      location: env['BIGQUERY_LOCATION'] ?? '',
      ...destinationOf({ schema, table }, '{schema}'),
    });
    return await compareTable({ connection, schema, table, destination });
  } finally {
    connection.destroy();
  }
}
