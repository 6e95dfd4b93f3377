import { LoadError } from '../load-error.ts';
import type { MappedColumn } from '../objects/load.ts';
import type { TableDesign } from '../objects/table-design.ts';
import { type TableRef, tableLabel } from '../table-ref.ts';

/** What `adutora.yml` says of a destination's layout, by source columns. */
export interface DesignRules {
  partitionBy?: { column: string; granularity: 'HOUR' | 'DAY' | 'MONTH' | 'YEAR' } | undefined;
  clusterBy?: readonly string[] | undefined;
}

const PARTITION_TYPES = ['DATE', 'DATETIME', 'TIMESTAMP'];
/** https://cloud.google.com/bigquery/docs/clustered-tables#cluster_column_types, as far as columns can have them here. */
const CLUSTER_TYPES = [...PARTITION_TYPES, 'BIGNUMERIC', 'BOOL', 'GEOGRAPHY', 'INT64', 'NUMERIC', 'STRING'];

/**
 * The layout by what the columns arrive as. Throws `RULE_UNMATCHED` for a column that is not there or is excluded,
 * `RULE_UNSUITABLE` for one whose type, or mask, does not serve.
 */
export function mapDesign(
  table: TableRef,
  columns: readonly MappedColumn[],
  { partitionBy, clusterBy = [] }: DesignRules = {},
): TableDesign {
  const find = (key: string, name: string) => findColumn({ table, columns, key, name });
  const clustering = clusterBy.map((name) => {
    const column = find('clusterBy', name);
    checkType({ table, key: 'clusterBy', column, types: CLUSTER_TYPES });
    return column.destinationName;
  });
  if (new Set(clustering).size < clustering.length)
    throw new LoadError('RULE_UNSUITABLE', `${tableLabel(table)}: bigquery.clusterBy names a column twice.`);
  if (!partitionBy) return { partitionBy: null, clusterBy: clustering };
  const column = find('partitionBy', partitionBy.column);
  const { granularity } = partitionBy;
  const types = granularity === 'HOUR' ? PARTITION_TYPES.filter((type) => type !== 'DATE') : PARTITION_TYPES;
  checkType({ table, key: `partitionBy by ${granularity}`, column, types });
  return { partitionBy: { column: column.destinationName, granularity }, clusterBy: clustering };
}

function findColumn(input: {
  table: TableRef;
  columns: readonly MappedColumn[];
  key: string;
  name: string;
}): MappedColumn {
  const { table, columns, key, name } = input;
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  throw new LoadError(
    'RULE_UNMATCHED',
    `${tableLabel(table)} has no column ${name} that arrives, which bigquery.${key} names.`,
  );
}

function checkType(input: {
  table: TableRef;
  key: string;
  column: MappedColumn;
  types: readonly string[];
}): void {
  const { table, key, column, types } = input;
  const { name, bigqueryType, mask } = column;
  if (mask?.kind === 'nullify')
    throw new LoadError(
      'RULE_UNSUITABLE',
      `${tableLabel(table)}: bigquery.${key} cannot use ${name}: its mask makes every value NULL.`,
    );
  if (types.includes(bigqueryType)) return;
  throw new LoadError(
    'RULE_UNSUITABLE',
    `${tableLabel(table)}: bigquery.${key} cannot use ${name}: it arrives as ${bigqueryType}, and ${types.join(', ')} would do.`,
  );
}
