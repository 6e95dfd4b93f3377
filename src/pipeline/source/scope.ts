import { quoteIdentifier, type TableRef } from '../names/index.ts';
import type { TextRow } from '../objects/index.ts';

/** What a capture looks at: whole schemas, or one table. */
export type CaptureScope = { schemas: readonly string[] } | { table: TableRef };

/** A string literal that means the same whatever the sql_mode: the bytes in hex. */
export function sqlText(text: string): string {
  return text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/** A condition on the columns that name schema and table. */
export function within(scope: CaptureScope, schema: string, table: string): string {
  if ('table' in scope)
    return `${schema} = ${sqlText(scope.table.schema)} AND ${table} = ${sqlText(scope.table.table)}`;
  return `${schema} IN (${scope.schemas.map(sqlText).join(', ')})`;
}

/** The table in a FROM clause. */
export function fromName({ schema, table }: TableRef): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** The table that a row is about, by the aliases that every question gives it. */
export function tableOfRow(row: TextRow): TableRef {
  return { schema: row['table_schema'] ?? '', table: row['table_name'] ?? '' };
}
