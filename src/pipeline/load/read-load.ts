import { type ErrorCode, LoadError } from '../errors/index.ts';
import { objectNames, parseObjectName, type TableRef, tableKey } from '../names/index.ts';
import { type LoadObject, loadObjectSchema } from '../objects/index.ts';
import { type Bucket, readObject } from '../ports/index.ts';
import { highestAttempt } from './load-facts.ts';

const UNREADABLE: ReadonlySet<ErrorCode> = new Set(['OBJECT_INVALID', 'NEWER_VERSION']);

interface NamedLoad {
  sourceId: string;
  runId: string;
  loadId: string;
  /** The table that its job names, where there is one. */
  table?: TableRef;
}

/**
 * What a load works from: `LOAD.json`, or the shape of its table for the attempt it is at, which is
 * the highest of the bucket or the one it was told to go on with. Throws `OBJECT_INVALID` where it
 * is gone, or not of the decision that the run was fanned out by.
 */
export async function readLoad(
  named: NamedLoad & { nextAttempt: number; decidedAt: string | null },
  bucket: Bucket,
): Promise<LoadObject> {
  const found = await findLoad(named, bucket);
  const name = objectNames(named.sourceId).load(named.runId, named.loadId);
  if (!found) throw new LoadError('OBJECT_INVALID', `${name} is gone; the load has nothing to work from.`);
  const { decidedAt } = found;
  if (named.decidedAt === null || named.decidedAt === decidedAt) return found;
  const message = `${name} was decided at ${decidedAt}, tables.json at ${named.decidedAt}.`;
  const hint = 'Two workers decided the run at once. Load the table again: npm run enqueue -- table=…';
  throw new LoadError('OBJECT_INVALID', message, { hint });
}

/** The same, or null where there is none. */
export async function findLoad(
  { sourceId, runId, loadId, table, nextAttempt }: NamedLoad & { nextAttempt: number },
  bucket: Bucket,
): Promise<LoadObject | null> {
  const names = objectNames(sourceId);
  const shapes = await shapesOf({ sourceId, runId, loadId }, bucket);
  const attempt =
    shapes.length > 0 ? Math.max(nextAttempt, await highestAttempt({ sourceId, loadId }, bucket)) : 0;
  const shape = Math.max(0, ...shapes.filter((attemptNumber) => attemptNumber <= attempt));
  const name = shape > 0 ? names.reshapedLoad(runId, loadId, shape) : names.load(runId, loadId);
  const found = (await readObject(bucket, name, loadObjectSchema))?.value ?? null;
  // Every name outside is made from what it says.
  const isItself =
    found?.sourceId === sourceId &&
    found.runId === runId &&
    found.loadId === loadId &&
    (table === undefined || tableKey(found.table) === tableKey(table));
  if (found && !isItself) throw new LoadError('OBJECT_INVALID', `${name} is of another load than its name.`);
  return found;
}

/** The same; null too where another version wrote it, or it is none. */
export function findReadable(
  named: NamedLoad & { nextAttempt: number },
  bucket: Bucket,
): Promise<LoadObject | null> {
  return findLoad(named, bucket).catch((error) => {
    if (error instanceof LoadError && UNREADABLE.has(error.code)) return null;
    throw error;
  });
}

/** Attempts before which the table was looked at anew. */
async function shapesOf({ sourceId, runId, loadId }: NamedLoad, bucket: Bucket): Promise<number[]> {
  const found = await bucket.list(objectNames(sourceId).reshapedLoads(runId, loadId));
  return found.flatMap(({ name }) => {
    const of = parseObjectName(sourceId, name);
    return of?.is === 'reshapedLoad' ? [of.attemptNumber] : [];
  });
}
