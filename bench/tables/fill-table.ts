import { Readable } from 'node:stream';
import type { Connection } from 'mysql2/promise';

const ROWS_OF_A_PIECE = 2_000;

/** A table of a bench: the same rows at every call. */
export interface BenchTable {
  /** With the schema. */
  name: string;
  /** What stands between the parentheses of CREATE TABLE. */
  columns: string;
  rows: number;
  /** The values of a row, in the words of LOAD DATA: `\N` is NULL. */
  row(id: number): readonly (string | number)[];
  /** Where the values go, if not into all columns by their order. */
  into?: string;
}

/** Makes a table and fills it by LOAD DATA LOCAL, which the server must allow. */
export async function fillTable(connection: Connection, table: BenchTable): Promise<void> {
  await connection.query(`CREATE TABLE ${table.name} (${table.columns})`);
  await connection.query({
    sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table.name} CHARACTER SET utf8mb4 ${table.into ?? ''}`,
    infileStreamFactory: () => Readable.from(pieces(table), { objectMode: false }),
  });
  await connection.query(`ANALYZE TABLE ${table.name}`);
}

function* pieces({ rows, row }: BenchTable): Generator<Buffer> {
  for (let first = 1; first <= rows; first += ROWS_OF_A_PIECE) {
    const count = Math.min(ROWS_OF_A_PIECE, rows - first + 1);
    const lines = Array.from({ length: count }, (_, index) => `${row(first + index).join('\t')}\n`);
    yield Buffer.from(lines.join(''));
  }
}
