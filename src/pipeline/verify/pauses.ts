import { objectNames, type TableRef, tableKey } from '../names/index.ts';
import { type PausesObject, pausesObjectSchema } from '../objects/index.ts';
import { type Bucket, changeObject, readObject } from '../ports/index.ts';

const NOTHING_PAUSED: PausesObject = { version: 1, all: null, tables: [] };

/** What is paused: it lies in the bucket, so that it survives restarts and the loss of Redis. */
export async function readPauses(bucket: Bucket, sourceId: string): Promise<PausesObject> {
  return (
    (await readObject(bucket, objectNames(sourceId).pauses, pausesObjectSchema))?.value ?? NOTHING_PAUSED
  );
}

export function isPaused(pauses: PausesObject, table: TableRef): boolean {
  return pauses.all !== null || pauses.tables.some((paused) => tableKey(paused) === tableKey(table));
}

/** Pauses tables, or everything (`all`); what is paused already keeps its time. */
export function pause(pauses: PausesObject, what: readonly TableRef[] | 'all', now: Date): PausesObject {
  const since = now.toISOString();
  if (what === 'all') return { ...pauses, all: pauses.all ?? since };
  const alone: PausesObject = { ...pauses, all: null };
  const added = what.filter((table) => !isPaused(alone, table));
  return {
    ...pauses,
    tables: [...pauses.tables, ...added.map(({ schema, table }) => ({ schema, table, since }))],
  };
}

/** Resumes tables, or everything: then nothing is paused any more. */
export function resume(pauses: PausesObject, what: readonly TableRef[] | 'all'): PausesObject {
  if (what === 'all') return NOTHING_PAUSED;
  const keys = new Set(what.map(tableKey));
  return { ...pauses, tables: pauses.tables.filter((table) => !keys.has(tableKey(table))) };
}

/** Changes what is paused, against its generation: two people at once lose nothing. */
export function changePauses(
  bucket: Bucket,
  sourceId: string,
  change: (pauses: PausesObject) => PausesObject,
): Promise<PausesObject> {
  const name = objectNames(sourceId).pauses;
  return changeObject(bucket, { name, schema: pausesObjectSchema, empty: NOTHING_PAUSED }, change);
}
