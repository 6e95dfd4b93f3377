/**
 * A column of a table of values: how it is made, what `adutora.yml` says of it, and each value with
 * what must arrive.
 */
export interface ValueColumn {
  name: string;
  ddl: string;
  /** Its rule, as YAML in one line. */
  rule?: string;
  /**
   * SQL literals, each with the canonical text (local/compare/canonical.ts) that the destination
   * must give.
   */
  cells: readonly (readonly [literal: string, expected: string | null])[];
}

/** Bytes as a literal that no character set of a connection can change. */
export const bytes = (buffer: Buffer): string =>
  buffer.length === 0 ? "''" : `X'${buffer.toString('hex')}'`;
/** A text as a literal of utf8mb4. */
export const text = (value: string): string =>
  value === '' ? "''" : `_utf8mb4 ${bytes(Buffer.from(value, 'utf8'))}`;

/** NULL, which arrives as NULL. */
export const NULL = ['NULL', null] as const;

/** Texts that arrive as they are. */
export const asIs = (...values: string[]): [string, string][] => values.map((value) => [`'${value}'`, value]);
export const texts = (...values: string[]): [string, string][] => values.map((value) => [text(value), value]);
export const blobs = (...values: Buffer[]): [string, string][] =>
  values.map((value) => [bytes(value), value.toString('hex').toUpperCase()]);

/**
 * The statements that make a table of these columns, one row a value, NULL where a column has
 * fewer.
 */
export function tableOf(table: string, columns: readonly ValueColumn[]): string[] {
  const rows = Math.max(...columns.map(({ cells }) => cells.length));
  const list = columns.map(({ name, ddl }) => `\`${name}\` ${ddl}`).join(',\n');
  // Generated columns have no cells of their own.
  const given = columns.filter(({ cells }) => cells.length > 0);
  const names = given.map(({ name }) => `\`${name}\``).join(', ');
  const inserts = Array.from({ length: rows }, (_, row) => {
    const cells = given.map(({ cells: values }) => values[row]?.[0] ?? 'NULL');
    return `INSERT INTO ${table} (id, ${names}) VALUES (${row + 1}, ${cells.join(', ')})`;
  });
  return [`CREATE TABLE ${table} (id INT PRIMARY KEY, ${list}) ROW_FORMAT=DYNAMIC`, ...inserts];
}

/** The rules of the columns as lines of `source.columns`. */
export function rulesOf(columns: readonly ValueColumn[]): string {
  return columns.flatMap(({ name, rule }) => (rule ? [`    ${name}: ${rule}`] : [])).join('\n');
}
