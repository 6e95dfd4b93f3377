import { LoadError, toFailure } from '../errors/index.ts';
import { type TableRef, tableKey, tableLabel } from '../names/index.ts';
import type { DestinationRef, Refusal } from '../objects/index.ts';
import { destinationName } from './destination-name.ts';

/**
 * The destination of a table: the dataset template with `{schema}` replaced, and the table's own
 * name, both made safe for BigQuery.
 */
export function destinationOf({ schema, table }: TableRef, datasetTemplate: string): DestinationRef {
  return {
    dataset: datasetTemplate.replace('{schema}', destinationName(schema)),
    table: destinationName(table),
  };
}

/** Where a destination is made anew, beside the one that is there until then. */
export function newDestination({ dataset, table }: DestinationRef): DestinationRef {
  return { dataset, table: `${table}__adutora_new` };
}

/**
 * Whether a job has loaded beside the destination, from where its rows are still to take the
 * other's place.
 */
export function isBeside(job: { destination: DestinationRef | null }, destination: DestinationRef): boolean {
  return job.destination?.table === newDestination(destination).table;
}

/**
 * Tables that would share a destination, by `tableKey`: all of them are refused, and nothing is
 * loaded there. BigQuery tells case apart in tables, people do not: names that differ only in case
 * are refused too.
 */
export function findCollisions(
  tables: readonly (TableRef & { destination: DestinationRef })[],
): Map<string, Refusal> {
  const name = ({ destination }: { destination: DestinationRef }) =>
    `${destination.dataset}.${destination.table}`;
  const groups = Map.groupBy(tables, (table) => name(table).toLowerCase());
  const refusals = new Map<string, Refusal>();
  for (const group of groups.values()) {
    const [first] = group;
    if (group.length < 2 || !first) continue;
    for (const table of group) {
      const others = group.filter((other) => other !== table).map(tableLabel);
      const message = `The table and ${others.join(' and ')} would both be loaded into ${name(first)}.`;
      const error = new LoadError('DESTINATION_COLLISION', message);
      refusals.set(tableKey(table), toFailure(error, table));
    }
  }
  return refusals;
}
