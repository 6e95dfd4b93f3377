import { LoadError, toFailure } from '../errors/index.ts';
import type { TableRef } from '../names/index.ts';
import type { Flavour, MappedColumn, Refusal, SourceColumn } from '../objects/index.ts';
import { type ColumnRules, maskText, ruleOf } from './column-rules.ts';
import { checkColumnNames } from './destination-name.ts';
import { mapColumn } from './map-column.ts';

/** How a table's columns arrive, or why they cannot: then there are none. */
export interface MappedTable {
  columns: MappedColumn[];
  /** Columns that a rule keeps out. */
  excludedColumns: string[];
  refusal: Refusal | null;
}

/**
 * Maps every column that is not excluded. What cannot be mapped refuses this table alone, not the
 * run it is part of.
 */
export function mapTable(input: {
  table: TableRef;
  sourceColumns: readonly SourceColumn[];
  rules: ColumnRules;
  flavour: Flavour;
}): MappedTable {
  const { table, sourceColumns, rules, flavour } = input;
  const isExcluded = ({ name }: SourceColumn) => ruleOf(rules, name).exclude === true;
  const excludedColumns = sourceColumns.filter(isExcluded).map(({ name }) => name);
  const { policies = {} } = rules;
  try {
    checkNamedColumns(sourceColumns, rules);
    const columns = sourceColumns
      .filter((column) => !isExcluded(column))
      .map((column) => mapColumn({ column, rule: ruleOf(rules, column.name), policies, flavour }));
    if (columns.length === 0) throw new LoadError('NO_COLUMN_LEFT', 'Its rules exclude every column.');
    checkColumnNames(columns);
    return { columns, excludedColumns, refusal: null };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { columns: [], excludedColumns, refusal: toFailure(error, table) };
  }
}

/**
 * A column that was renamed must not leave its rule behind: it would arrive unmasked. Throws
 * `RULE_UNMATCHED`.
 */
function checkNamedColumns(columns: readonly SourceColumn[], { namedColumns = [] }: ColumnRules): void {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const missing = namedColumns.filter((name) => !names.has(name.toLowerCase()));
  if (missing.length === 0) return;
  throw new LoadError(
    'RULE_UNMATCHED',
    `The table has no column ${missing.join(', ')}, which adutora.yml names in its rules.`,
  );
}

/**
 * Masked and excluded columns with what was done to them, for history; null where there are none.
 */
export function maskedColumns(
  columns: readonly MappedColumn[],
  excludedColumns: readonly string[],
): Record<string, string> | null {
  const masked = columns.flatMap(({ name, mask }) => (mask ? [[name, maskText(mask)] as const] : []));
  const all = [...masked, ...excludedColumns.map((name) => [name, 'exclude'] as const)];
  return all.length === 0 ? null : Object.fromEntries(all);
}
