import type { Connection } from 'mysql2/promise';
import type { Sandbox } from '../sandbox.ts';
import { readArrived } from './destination.ts';
import type { RandomColumn } from './random.ts';

export interface RandomComparison {
  cells: number;
  differences: string[];
}

/** Every cell of a random table against the server's raw values, by nothing of the mapping. */
export async function compareRandom(
  sandbox: Sandbox,
  table: string,
  { columns, connection }: { columns: readonly RandomColumn[]; connection: Connection },
): Promise<RandomComparison> {
  const raws = columns.map(({ raw }, index) => `${raw} AS r${index}`).join(', ');
  const [rows] = await connection.query({
    sql: `SELECT id AS id, ${raws} FROM ${table}`,
    typeCast: (field) => field.string('utf8'),
  });
  const arrived = await readArrived(sandbox, table);
  const differences: string[] = [];
  for (const row of rows as Record<string, string | null>[]) {
    const there = arrived.rows.get(row['id'] ?? '');
    for (const [index, { name, ddl, rule, expected }] of columns.entries()) {
      const raw = row[`r${index}`] ?? null;
      const wanted = raw === null ? null : expected(raw, sandbox.env['MASK_KEY'] ?? '');
      if (there?.[name] !== wanted)
        differences.push(
          `${table} row ${row['id']} ${name} ${ddl} ${rule ?? ''}: raw ${raw}, expected ${JSON.stringify(wanted)}, got ${JSON.stringify(there?.[name])}`,
        );
    }
  }
  if (arrived.rows.size !== (rows as unknown[]).length)
    differences.push(`${table}: ${arrived.rows.size} rows arrived`);
  return { cells: (rows as unknown[]).length * columns.length, differences };
}
