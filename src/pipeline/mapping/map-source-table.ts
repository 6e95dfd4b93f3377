import type { Flavour, SourceTable } from '../source/index.ts';
import { mapTable } from './map-table.ts';
import { type DesignedTable, designed } from './table-options.ts';
import type { VerifySettings } from './verify-settings.ts';

/**
 * How the table arrives by its configuration. Made anew where it is needed: ten thousand tables are not held with every expression.
 */
export function mapSourceTable(
  source: SourceTable,
  settings: Pick<VerifySettings, 'rulesFor'>,
  flavour: Flavour,
): DesignedTable {
  const table = { schema: source.schema, table: source.table };
  const rules = settings.rulesFor(table);
  return designed(source, mapTable({ table, sourceColumns: source.columns, rules, flavour }), rules.bigquery);
}
