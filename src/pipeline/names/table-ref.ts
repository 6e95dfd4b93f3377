import { z } from 'zod';
import { shellWord } from './shell-word.ts';
import { visible } from './visible.ts';

/**
 * A source table in code. `schema` and `table` are the names exactly as `information_schema` gives
 * them.
 */
export const tableRefSchema = z.strictObject({ schema: z.string().min(1), table: z.string().min(1) });
export type TableRef = z.infer<typeof tableRefSchema>;

const PLAIN_NAME = /^[A-Za-z0-9_$]+$/;

/**
 * The table for people: `schema.table` in one line, with backticks around a part that needs them.
 */
export function tableLabel({ schema, table }: TableRef): string {
  const parts = [schema, table].map((part) => (PLAIN_NAME.test(part) ? part : quoteIdentifier(part)));
  return visible(parts.join('.'));
}

/**
 * A MySQL identifier in backticks, inner backticks doubled; the only way a name gets into SQL text.
 */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A map key that no two tables share (NUL cannot occur in a MySQL identifier). */
export function tableKey({ schema, table }: TableRef): string {
  return `${schema}\0${table}`;
}

/** The table as commands take it, ready for a shell: `table=schema.table`. */
export function asArgument({ schema, table }: TableRef): string {
  return shellWord(`table=${schema}.${table}`);
}
