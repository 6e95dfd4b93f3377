import { createHash } from 'node:crypto';
import type { Connection } from 'mysql2';
import { canonicalFromDestination, canonicalFromMysql } from './canonical.ts';

/** How one table compares: rows and content on both sides. */
export interface Comparison {
  table: string;
  sourceRows: number;
  destinationRows: number;
  isEqual: boolean;
  /** A few differing rows as canonical text, for people. */
  differences: string[];
}

/** Rows of a destination as the wire gives them: text or null, and the types of the columns. */
export interface DestinationRows {
  types: string[];
  names: string[];
  pages(): AsyncIterable<(string | null)[][]>;
}

const DIFFERENCES_SHOWN = 3;

/**
 * Compares a table's rows as a multiset: each row becomes a canonical text on its own side, by code
 * that shares nothing with Adutora's mapping, and the hashes of the rows are added up. Only if the
 * sums differ are rows kept and shown.
 */
export async function compareTable(input: {
  connection: Connection;
  schema: string;
  table: string;
  destination: DestinationRows;
}): Promise<Comparison> {
  const { destination, table } = input;
  const right = new RowSet();
  for await (const page of destination.pages()) {
    for (const row of page)
      right.add(row.map((cell, index) => canonicalFromDestination(cell, destination.types[index] ?? '')));
  }
  const left = new RowSet();
  await streamMysql(input, destination.names, (row) => left.add(row));
  const isEqual = left.rows === right.rows && left.sum === right.sum;
  const differences = isEqual ? [] : left.differences(right).slice(0, DIFFERENCES_SHOWN);
  return { table, sourceRows: left.rows, destinationRows: right.rows, isEqual, differences };
}

/**
 * Reads MySQL's own bytes: text protocol, no type conversion, binary and geometry as hex of the
 * server.
 */
async function streamMysql(
  { connection, schema, table }: { connection: Connection; schema: string; table: string },
  names: readonly string[],
  each: (row: (string | null)[]) => void,
): Promise<void> {
  const [columns] = await connection
    .promise()
    .query(
      'SELECT COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
      [schema, table],
    );
  const described = columns as { name: string; type: string }[];
  if (described.length !== names.length)
    throw new Error(
      `${table}: ${described.length} columns in the source, ${names.length} in the destination`,
    );
  // mysql2 refuses some column names as labels, such as __proto__.
  const list = described.map(({ name, type }, index) => `${selectFor(name, type)} AS c${index}`).join(', ');
  await new Promise<void>((resolve, reject) => {
    const query = connection.query({
      sql: `SELECT ${list} FROM ${quoted(schema)}.${quoted(table)}`,
      rowsAsArray: true,
      typeCast: (field) => field.string('utf8'),
    });
    query.on('result', (row) =>
      each(
        (row as unknown as (string | null)[]).map((cell, index) =>
          canonicalFromMysql(cell, described[index]?.type ?? ''),
        ),
      ),
    );
    query.on('error', reject);
    query.on('end', () => resolve());
  });
}

const BINARY = /binary|blob/;
const GEOMETRY = /geometry|point|linestring|polygon|geomcollection/;

const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/**
 * Plain columns, but for what the text protocol cannot carry as text; a FLOAT's plain column keeps
 * only six digits.
 */
function selectFor(name: string, type: string): string {
  const column = quoted(name);
  if (type === 'bit') return `${column}+0`;
  if (type === 'float') return `${column}+0e0`;
  if (BINARY.test(type)) return `HEX(${column})`;
  return GEOMETRY.test(type) ? `ST_AsText(${column}, 'axis-order=long-lat')` : column;
}

/**
 * A multiset of rows: how many, and the sum of their hashes; the rows themselves while there are
 * few.
 */
class RowSet {
  rows = 0;
  sum = 0n;
  readonly #texts: string[] = [];
  static readonly #KEPT = 60_000;

  add(row: (string | null)[]): void {
    const text = JSON.stringify(row);
    this.rows += 1;
    this.sum = BigInt.asUintN(64, this.sum + createHash('md5').update(text).digest().readBigUInt64LE());
    if (this.#texts.length < RowSet.#KEPT) this.#texts.push(text);
  }

  differences(other: RowSet): string[] {
    const theirs = new Set(other.#texts);
    const mine = new Set(this.#texts);
    const only = (texts: readonly string[], set: ReadonlySet<string>, side: string) =>
      texts.filter((text) => !set.has(text)).map((text) => `${side}: ${text.slice(0, 300)}`);
    const left = only(this.#texts, theirs, 'source').slice(0, 2);
    return [...left, ...only(other.#texts, mine, 'destination').slice(0, 2)];
  }
}
