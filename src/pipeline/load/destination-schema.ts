import { LoadError } from '../load-error.ts';
import type { LoadObject } from '../objects/load.ts';
import type { DestinationColumn, DestinationFacts, PublishRequest } from '../ports/destination.ts';

/** How the destination's schema changes with a publish; null where it stays. Stored in history. */
export type SchemaChange = {
  added: string[];
  removed: string[];
  retyped: string[];
  reordered: boolean;
} | null;

export interface PublishPlan {
  columns: readonly DestinationColumn[];
  disposition: PublishRequest['disposition'];
  change: SchemaChange;
}

/**
 * Columns and disposition of a publish. An equal schema (names, types, order) is kept with the destination's own fields,
 * so that what people set on it stays. Throws `SCHEMA_CHANGE_PROTECTED` where a replace would drop row access policies.
 */
export async function planPublish(
  load: LoadObject,
  existing: DestinationFacts | null,
  hasRowAccessPolicies: () => Promise<boolean>,
): Promise<PublishPlan> {
  const wanted = wantedColumns(load);
  if (!existing) return { columns: wanted, disposition: 'replace-schema', change: null };
  const change = schemaChange(existing.columns, wanted);
  if (!change) return { columns: existing.columns, disposition: 'keep-schema', change: null };
  if (await hasRowAccessPolicies()) {
    const { dataset, table } = load.destination;
    throw new LoadError(
      'SCHEMA_CHANGE_PROTECTED',
      `${dataset}.${table} has row access policies and its schema would change.`,
      {
        context: { change },
      },
    );
  }
  return { columns: wanted, disposition: 'replace-schema', change };
}

/** The destination's columns as the mapping makes them: all NULLABLE, because a policy may turn any value into NULL. */
function wantedColumns(load: LoadObject): DestinationColumn[] {
  return load.columns.map(({ destinationName, bigqueryType }) => ({
    name: destinationName,
    type: bigqueryType,
    mode: 'NULLABLE',
  }));
}

/** What differs between two schemas by names, types and order; null if nothing does. */
export function schemaChange(
  before: readonly DestinationColumn[],
  after: readonly DestinationColumn[],
): SchemaChange {
  const typesBefore = new Map(before.map(({ name, type }) => [name, type]));
  const typesAfter = new Map(after.map(({ name, type }) => [name, type]));
  const added = after.filter(({ name }) => !typesBefore.has(name)).map(({ name }) => name);
  const removed = before.filter(({ name }) => !typesAfter.has(name)).map(({ name }) => name);
  const retyped = after
    .filter(({ name, type }) => typesBefore.has(name) && typesBefore.get(name) !== type)
    .map(({ name }) => name);
  const survivors = (columns: readonly DestinationColumn[]) =>
    columns.map(({ name }) => name).filter((name) => typesBefore.has(name) && typesAfter.has(name));
  const reordered = survivors(before).join('\0') !== survivors(after).join('\0');
  const isSame = added.length + removed.length + retyped.length === 0 && !reordered;
  return isSame ? null : { added, removed, retyped, reordered };
}
