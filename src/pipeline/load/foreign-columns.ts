import { LoadError } from '../errors/index.ts';
import { loadName, objectNames, type TableRef, tableObjectKey } from '../names/index.ts';
import {
  type LoadObject,
  NOTHING_SET,
  type SetOptionsObject,
  setOptionsObjectSchema,
} from '../objects/index.ts';
import { type Bucket, changeObject, type DestinationFacts, parts, readObject } from '../ports/index.ts';
import { newestRuns } from './known-source.ts';
import { findReadable } from './read-load.ts';

const RUNS_AT_ONCE = 16;

type Staged = Pick<LoadObject, 'sourceId' | 'runId' | 'loadId' | 'table' | 'columns'>;

/** To BigQuery a name that differs in case is the same column. */
const same = (name: string) => name.toLowerCase();

/**
 * Columns of a destination that we never made, and that the load would drop with their values:
 * people add them by hand. Ours are those that `design.json` remembers; where an older version has
 * remembered nothing, those that a LOAD.json of the bucket has ever mapped.
 */
export async function foreignColumns(
  load: Staged,
  existing: Pick<DestinationFacts, 'columns'> | null,
  bucket: Bucket,
): Promise<string[]> {
  const wanted = new Set(load.columns.map(({ destinationName }) => same(destinationName)));
  const goners = (existing?.columns ?? []).map(({ name }) => name).filter((name) => !wanted.has(same(name)));
  if (goners.length === 0) return [];
  const made = (await readSetOptions(load, bucket))?.made ?? null;
  if (made === null) return notMapped(goners, load, bucket);
  const ours = new Set(made.map(same));
  return goners.filter((name) => !ours.has(same(name)));
}

/** Stops a load before a column that is not ours is dropped. Throws `SCHEMA_CHANGE_PROTECTED`. */
export function protectForeign(
  { publishing }: Pick<LoadObject, 'publishing'>,
  foreign: readonly string[],
): void {
  if (foreign.length === 0 || publishing.foreignColumns === 'drop') return;
  const message = `The destination has columns that Adutora never made: ${foreign.join(', ')}. The load would drop them with their values.`;
  throw new LoadError('SCHEMA_CHANGE_PROTECTED', message, {
    hint: 'Keep them in a table or a view of their own and drop them there, or let loads drop them: foreignColumns: drop in adutora.yml.',
  });
}

/**
 * Remembers which columns are ours: before a publish, so that a crash cannot make one of ours look
 * like people's. What is there and not foreign stays remembered until it has gone.
 */
export async function rememberMade(
  {
    load,
    existing,
    foreign,
  }: { load: Staged; existing: DestinationFacts | null; foreign: readonly string[] },
  bucket: Bucket,
): Promise<void> {
  const there = (existing?.columns ?? []).map(({ name }) => name).filter((name) => !foreign.includes(name));
  await setMade(load, [...load.columns.map(({ destinationName }) => destinationName), ...there], bucket);
}

/** After a publish that dropped columns: a person may make one of that name anew. */
export async function rememberDropped(load: Staged, bucket: Bucket): Promise<void> {
  const made = load.columns.map(({ destinationName }) => destinationName);
  await setMade(load, made, bucket);
}

/** A table that a person put back to an earlier time may have columns that were ours then. */
export async function forgetMade(
  { sourceId, table }: { sourceId: string; table: TableRef },
  bucket: Bucket,
): Promise<void> {
  const found = await readSetOptions({ sourceId, table }, bucket);
  if (found?.made) await change({ sourceId, table }, { made: null }, bucket);
}

async function setMade(load: Staged, names: readonly string[], bucket: Bucket): Promise<void> {
  const made = [...new Map(names.map((name) => [same(name), name])).values()].sort();
  const before = (await readSetOptions(load, bucket))?.made;
  if (before?.join('\0') !== made.join('\0')) await change(load, { made }, bucket);
}

async function readSetOptions(
  of: { sourceId: string; table: TableRef },
  bucket: Bucket,
): Promise<SetOptionsObject | null> {
  return (await readObject(bucket, nameOf(of), setOptionsObjectSchema))?.value ?? null;
}

async function change(
  of: { sourceId: string; table: TableRef },
  changes: Pick<SetOptionsObject, 'made'>,
  bucket: Bucket,
): Promise<void> {
  const object = { name: nameOf(of), schema: setOptionsObjectSchema, empty: NOTHING_SET };
  await changeObject(bucket, object, (before) => ({ ...before, ...changes }));
}

function nameOf({ sourceId, table }: { sourceId: string; table: TableRef }): string {
  return objectNames(sourceId).design(tableObjectKey(table));
}

/**
 * Looks back through the LOAD.jsons of the table until every name is found, or the runs end. What
 * cannot be read proves nothing.
 */
async function notMapped(names: readonly string[], load: Staged, bucket: Bucket): Promise<string[]> {
  const runs = (await newestRuns(bucket, load.sourceId)).filter((runId) => runId !== load.runId);
  let left = [...names];
  for (const part of parts(runs, RUNS_AT_ONCE)) {
    if (left.length === 0) break;
    const mapped = new Set((await Promise.all(part.map((runId) => mappedIn(runId, load, bucket)))).flat());
    left = left.filter((name) => !mapped.has(same(name)));
  }
  return left;
}

async function mappedIn(runId: string, { sourceId, table }: Staged, bucket: Bucket): Promise<string[]> {
  const named = { sourceId, runId, loadId: loadName(runId, table), nextAttempt: Number.POSITIVE_INFINITY };
  const found = await findReadable(named, bucket);
  return (found?.columns ?? []).map(({ destinationName }) => same(destinationName));
}
