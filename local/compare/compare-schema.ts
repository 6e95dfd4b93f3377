import mysql from 'mysql2';
import { type Comparison, compareTable } from './compare-tables.ts';
import { readDestination } from './destination-rows.ts';

/**
 * Compares every base table of a schema with its destination in the stand-in; `report` gets each as
 * it is done.
 */
export async function compareSchema(
  env: Readonly<Record<string, string>>,
  schema: string,
  report: (comparison: Comparison) => void,
): Promise<Comparison[]> {
  const setting = (name: string) => env[name] ?? '';
  const connection = mysql.createConnection({
    host: setting('MYSQL_HOST'),
    port: Number(setting('MYSQL_PORT')),
    user: setting('MYSQL_USER'),
    password: setting('MYSQL_PASSWORD'),
    charset: 'utf8mb4',
  });
  try {
    await connection.promise().query("SET SESSION time_zone = '+00:00'");
    const [tables] = await connection
      .promise()
      .query(
        "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1",
        [schema],
      );
    const comparisons: Comparison[] = [];
    for (const { name } of tables as { name: string }[]) {
      const host = setting('BIGQUERY_EMULATOR_HOST');
      const destination = await readDestination({
        host,
        project: setting('GOOGLE_CLOUD_PROJECT'),
        location: setting('BIGQUERY_LOCATION'),
        dataset: schema,
        table: name,
      });
      const comparison = await compareTable({ connection, schema, table: name, destination });
      comparisons.push(comparison);
      report(comparison);
    }
    return comparisons;
  } finally {
    await connection.promise().end();
  }
}

/** One line for people. */
export function comparisonLine({
  table,
  sourceRows,
  destinationRows,
  isEqual,
  differences,
}: Comparison): string {
  const rows = `${sourceRows.toLocaleString('en-US')} rows`;
  if (isEqual) return `  equal    ${table} (${rows})`;
  return [
    `  DIFFERS  ${table} (${rows}, destination ${destinationRows.toLocaleString('en-US')})`,
    ...differences.map((line) => `           ${line}`),
  ].join('\n');
}
