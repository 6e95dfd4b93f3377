import type { Connection } from 'mysql2/promise';
import { PARTITIONS, SAMPLE_TABLES, type SampleTable } from './schema.ts';

/** Numbers 1 … 1,000,000 as a derived table, without any table to read. */
const DIGITS =
  '(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';

function sequence(rows: number): string {
  const places = Math.max(1, Math.ceil(Math.log10(Math.max(rows, 2))));
  const tables = Array.from({ length: places }, (_, place) => `${DIGITS} d${place}`).join(' JOIN ');
  const sum = Array.from({ length: places }, (_, place) => `d${place}.d * ${10 ** place}`).join(' + ');
  return `(SELECT n FROM (SELECT 1 + ${sum} AS n FROM ${tables}) numbers WHERE n <= ${rows}) seq`;
}

/**
 * Creates the sample university in an empty schema, the same bytes every time. `report` gets a line
 * a table.
 */
export async function createSample(input: {
  connection: Connection;
  schema: string;
  /** Rows of the large table; fewer in tests. */
  largeRows?: number;
  report?(line: string): void;
}): Promise<string[]> {
  const { connection, schema } = input;
  await connection.query(`DROP DATABASE IF EXISTS \`${schema}\``);
  await connection.query(`CREATE DATABASE \`${schema}\` CHARACTER SET utf8mb4`);
  await connection.query(`USE \`${schema}\``);
  // Zero dates are wanted: universities have them.
  await connection.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  for (const table of SAMPLE_TABLES) {
    const rows = Math.min(table.rows, table.rows > 100_000 ? (input.largeRows ?? table.rows) : table.rows);
    await createTable(connection, table, rows);
    input.report?.(`${table.name}: ${rows.toLocaleString('en-US')} rows`);
  }
  return SAMPLE_TABLES.map(({ name }) => name);
}

async function createTable(connection: Connection, table: SampleTable, rows: number): Promise<void> {
  await connection.query(
    `CREATE TABLE ${table.name} (${table.ddl}) ENGINE=InnoDB ${PARTITIONS[table.name] ?? ''}`,
  );
  if (rows > 0)
    await connection.query(
      `INSERT INTO ${table.name} (${table.columns}) SELECT ${table.values} FROM ${sequence(rows)}`,
    );
}

/**
 * What happens at the university between run 1 and run 2; the names of the tables it changes, each
 * for its own reason.
 */
export async function changeSample({
  connection,
  schema,
}: {
  connection: Connection;
  schema: string;
}): Promise<Record<string, string>> {
  await connection.query(`USE \`${schema}\``);
  await connection.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  const statements = [
    "INSERT INTO alunos (id, matricula, nome, atualizado) VALUES (1000001, 1, 'Nova Aluna', '2024-05-05 05:05:05.555')",
    'UPDATE professores SET salario = salario * 1.1 WHERE id % 10 = 0',
    'DELETE FROM pagamentos WHERE id % 500 = 0',
    'TRUNCATE TABLE bolsas',
    'ALTER TABLE emprestimos TRUNCATE PARTITION p2019',
    'ALTER TABLE cursos ADD COLUMN coordenador VARCHAR(60) NULL',
    "UPDATE cursos SET coordenador = 'Profª Inês' WHERE id = 7",
  ];
  for (const statement of statements) await connection.query(statement);
  return {
    alunos: 'changed_update_time',
    professores: 'changed_update_time',
    pagamentos: 'changed_update_time',
    bolsas: 'changed_storage',
    emprestimos: 'changed_storage',
    cursos: 'changed_columns',
  };
}
