import { z } from 'zod';
import { type ColumnRule, TYPE_OVERRIDES } from '../../pipeline/mapping/index.ts';
import type { Mask } from '../../pipeline/objects/index.ts';
import { policyKeys } from './policies.ts';

const MASK = /^(?:none|nullify|hmac|truncate\((?:[1-9]\d{0,5})\))$/;

const EXPECTED_MASK = 'expected none, nullify, hmac or truncate(n), such as truncate(3)';

const maskSchema = z
  .string({ error: EXPECTED_MASK })
  .regex(MASK, EXPECTED_MASK)
  .transform((text): Mask | { kind: 'none' } => {
    const length = /\d+/.exec(text)?.[0];
    return length === undefined
      ? { kind: text as 'none' | 'nullify' | 'hmac' }
      : { kind: 'truncate', length: Number(length) };
  })
  .describe(
    'nullify: NULL, the value is not read. truncate(n): the first n characters (bytes of a BLOB). hmac: HMAC-SHA-256 of the text, hex; the key is MASK_KEY_SECRET. none: cancels the mask set for the source or schema.',
  );

const columnRuleSchema = z
  .strictObject({
    exclude: z.boolean().describe('The column is not read and does not arrive.'),
    mask: maskSchema,
    type: z.enum(TYPE_OVERRIDES).describe('BigQuery type instead of its own: docs/type-mapping.md.'),
    ...policyKeys,
  })
  .partial()
  .refine(
    (rule) => Object.keys(rule).length > 0,
    'the rule says nothing: write exclude, mask, type or a policy',
  );

export const columnsSchema = z
  .record(z.string().min(1), columnRuleSchema)
  .describe('Rules by column name (case does not count). A name that matches no column is an error.');
type Columns = z.infer<typeof columnsSchema>;

/**
 * Rules of several levels, farthest first: column by column, key by key, the nearer wins. Keyed by
 * names in lower case.
 */
export function mergeColumns(levels: readonly (Columns | undefined)[]): Record<string, ColumnRule> {
  const merged = new Map<string, ColumnRule>();
  for (const [name, rule] of levels.flatMap((level) => Object.entries(level ?? {}))) {
    const key = name.toLowerCase();
    merged.set(key, { ...merged.get(key), ...rule });
  }
  return Object.fromEntries(merged);
}
