import { LoadError } from '../load-error.ts';
import type { MappedColumn, Refusal, SourceColumn } from '../objects/load.ts';
import type { TableRef } from '../table-ref.ts';
import { checkColumnNames } from './destination-name.ts';
import { type Flavour, mapColumn } from './map-column.ts';
import type { ColumnPolicies } from './policies.ts';

/** How a table's columns arrive, or why they cannot: then there are none. */
export interface MappedTable {
  columns: MappedColumn[];
  refusal: Refusal | null;
}

/** Maps every column. What cannot be mapped refuses this table alone, not the run it is part of. */
export function mapTable(input: {
  table: TableRef;
  sourceColumns: readonly SourceColumn[];
  policies: ColumnPolicies;
  flavour: Flavour;
}): MappedTable {
  const { table, sourceColumns, policies, flavour } = input;
  try {
    const columns = sourceColumns.map((column) => mapColumn({ table, column, policies, flavour }));
    checkColumnNames(table, columns);
    return { columns, refusal: null };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { columns: [], refusal: { code: error.code, message: error.message } };
  }
}
