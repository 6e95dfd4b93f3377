import { destinationName } from './column-mapping/destination-name.ts';
import { LoadError } from './load-error.ts';
import type { DestinationRef } from './objects/load.ts';
import { type TableRef, tableLabel } from './table-ref.ts';

/** The destination of a table: the dataset template with `{schema}` replaced, and the table's own name, both made safe for BigQuery. */
export function destinationOf({ schema, table }: TableRef, datasetTemplate: string): DestinationRef {
  return {
    dataset: datasetTemplate.replace('{schema}', destinationName(schema)),
    table: destinationName(table),
  };
}

/** Refuses two tables of one destination. BigQuery tells case apart in tables, people do not: differing only in case is refused too. Throws `DESTINATION_COLLISION`. */
export function checkDestinations(tables: readonly (TableRef & { destination: DestinationRef })[]): void {
  const seen = new Map<string, TableRef>();
  for (const table of tables) {
    const name = `${table.destination.dataset}.${table.destination.table}`;
    const other = seen.get(name.toLowerCase());
    if (other) {
      throw new LoadError(
        'DESTINATION_COLLISION',
        `${tableLabel(other)} and ${tableLabel(table)} would both be loaded into ${name}.`,
      );
    }
    seen.set(name.toLowerCase(), table);
  }
}
