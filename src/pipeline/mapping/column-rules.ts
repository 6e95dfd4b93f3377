import type { Mask } from '../objects/index.ts';
import type { PolicyChoices } from './policies.ts';

/** BigQuery types that a column may be given instead of its own. */
export const TYPE_OVERRIDES = ['bool', 'json', 'string', 'geography'] as const;
export type TypeOverride = (typeof TYPE_OVERRIDES)[number];

/** What `adutora.yml` says of one column. */
export interface ColumnRule extends PolicyChoices {
  /** Its values are not read at all, and the destination has no such column. */
  exclude?: boolean | undefined;
  /** `none` takes back what a farther rule says. */
  mask?: Mask | { kind: 'none' } | undefined;
  type?: TypeOverride | undefined;
}

/** What `adutora.yml` says of the columns of one table, all levels put together. */
export interface ColumnRules {
  policies?: PolicyChoices | undefined;
  /** By column name in lower case: MySQL tells no case apart in column names. */
  columns?: Readonly<Record<string, ColumnRule>> | undefined;
  /**
   * Names that the table's own rules use, as they were written; each must be a column of the table.
   */
  namedColumns?: readonly string[] | undefined;
}

/** A mask as it is written in `adutora.yml`: `hmac`, `truncate(3)`. */
export function maskText(mask: Mask): string {
  return mask.kind === 'truncate' ? `truncate(${mask.length})` : mask.kind;
}

/** The rule of a column; empty where there is none. */
export function ruleOf(rules: ColumnRules, column: string): ColumnRule {
  const { columns = {} } = rules;
  const key = column.toLowerCase();
  return (Object.hasOwn(columns, key) ? columns[key] : undefined) ?? {};
}
