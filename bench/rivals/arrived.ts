import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Format } from './rival.ts';

/** What tells whether all rows are there: by tables of one shape, together. */
export interface Sums {
  rows: number;
  ids: string;
  /** Of `l_extendedprice`; null where the tables have none. */
  prices: string | null;
}

export interface Arrived extends Sums {
  bytes: number;
}

interface Written {
  format: Format;
  /** Those of a CSV without a line of names; null where it has one. */
  columns: readonly string[] | null;
  hasPrices: boolean;
}

/** Reads again what a tool has written below `folder`. */
export async function readArrived(folder: string, written: Written): Promise<Arrived> {
  const { format, columns, hasPrices } = written;
  const files = filesBelow(folder).filter((file) => file.endsWith(`.${format}`));
  if (files.length === 0) throw new Error(`No ${format} file has been written.`);
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
  const connection = await instance.connect();
  const prices = hasPrices ? 'CAST(sum(CAST(l_extendedprice AS DECIMAL(18, 2))) AS VARCHAR)' : 'NULL';
  const reader = await connection.runAndReadAll(
    `SELECT count(*), CAST(sum(CAST(id AS HUGEINT)) AS VARCHAR), ${prices} FROM ${sourceOf(files, format, columns)}`,
  );
  const [[rows, ids, sum] = []] = reader.getRows();
  connection.closeSync();
  instance.closeSync();
  const bytes = files.reduce((total, file) => total + statSync(file).size, 0);
  return { rows: Number(rows), ids: String(ids), prices: sum === null ? null : String(sum), bytes };
}

function sourceOf(files: readonly string[], format: Format, columns: readonly string[] | null): string {
  const list = `[${files.map(quote).join(', ')}]`;
  if (format === 'parquet') return `read_parquet(${list}, union_by_name = true)`;
  const names = columns ? `header = false, names = [${columns.map(quote).join(', ')}]` : 'header = true';
  return `read_csv(${list}, ${names}, delim = ',', quote = '"', escape = '"', all_varchar = true, max_line_size = 20000000)`;
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Not what tools keep for themselves: names that begin with a dot or an underscore. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !/^[._]/.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}
