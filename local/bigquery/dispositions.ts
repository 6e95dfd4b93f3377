import { duplicate } from './api-error.ts';
import type { Field, TableResource } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { countStored, storageName } from './storage.ts';
import { typeName } from './types.ts';

/** WRITE_EMPTY fails with `duplicate` where rows are. Call it inside `exclusively`. */
export async function checkDisposition(
  standIn: StandIn,
  existing: TableResource,
  writeDisposition: string,
): Promise<void> {
  if (writeDisposition === 'WRITE_EMPTY' && (await countStored(standIn, existing)) > 0)
    throw duplicate(`Table ${standIn.project}:${existing.dataset}.${existing.id}`);
}

/** SQL of the rows that are there, for WRITE_APPEND. */
export function keptRows(table: TableResource): string {
  return `SELECT * FROM ${storageName(table, table)}`;
}

/** Same names, types and modes in the same order; whatever else a field says may differ. */
export function isSameSchema(one: readonly Field[], other: readonly Field[]): boolean {
  const shape = (fields: readonly Field[]) =>
    fields.map(({ name, type, mode }) => [name, typeName(type), mode ?? 'NULLABLE'].join('\0')).join('\n');
  return shape(one) === shape(other);
}
