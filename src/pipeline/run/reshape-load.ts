import type { ErrorCode } from '../errors/error-codes.ts';
import { LoadError } from '../errors/load-error.ts';
import { highestAttempt } from '../load/load-facts.ts';
import { configHash } from '../mapping/config-hash.ts';
import { mapSourceTable } from '../mapping/map-source-table.ts';
import type { VerifySettings } from '../mapping/verify-settings.ts';
import { objectNames } from '../names/names.ts';
import { type TableRef, tableKey, tableLabel } from '../names/table-ref.ts';
import { type LoadObject, loadObjectSchema } from '../objects/load.ts';
import { createObject, readObject } from '../ports/json-objects.ts';
import type { SourceQueries } from '../ports/source-queries.ts';
import type { Stage } from '../ports/stage.ts';
import { captureQueries, sessionStatements } from '../source/capture-queries.ts';
import { hiddenRefusal, isWholeRowDenied } from '../source/hidden-columns.ts';
import { lockedRefusal } from '../source/lock-holders.ts';
import { readServer } from '../source/server.ts';
import { readTables } from '../source/tables.ts';
import { refuseHalfAnswers } from '../source/untold.ts';
import { makeLoadObject } from './make-load-object.ts';

/**
 * Looks at a table anew that was altered since verify, or locked then, and writes what it is now as `LOAD-aN.json` for attempt n. Its
 * signature is older than anything that attempt will read. Throws `SOURCE_TABLE_GONE`, and as `SourceQueries` does.
 */
export async function reshapeLoad(
  { load, attemptNumber }: { load: LoadObject; attemptNumber: number },
  settings: VerifySettings,
  ports: { source: SourceQueries; stage: Stage },
): Promise<void> {
  const capture = await ports.source.capture({
    session: sessionStatements(),
    queries: captureQueries({ table: load.table }),
    name: `${load.load}-s${attemptNumber}`,
  });
  const server = readServer(capture);
  const found = readTables(capture, server, settings.settleSeconds);
  refuseHalfAnswers(capture, found);
  const source = found.find(
    ({ schema, table }) => schema === load.table.schema && table === load.table.table,
  );
  if (!source) throw new LoadError('SOURCE_TABLE_GONE', `${tableLabel(load.table)} is no longer there.`);
  const designed = mapSourceTable(source, settings, server.flavour);
  const refusal = source.isLocked
    ? lockedRefusal(capture, source)
    : isWholeRowDenied(capture)
      ? hiddenRefusal(source)
      : designed.refusal;
  const mapped = { ...designed, refusal };
  const reshaped = makeLoadObject({
    source,
    signature: { ...source.signature, config: configHash(load.destination, mapped, settings.maskKey) },
    mapped,
    run: load.run,
    load: load.load,
    trigger: load.trigger,
    reason: load.reason,
    destination: load.destination,
    settings,
    // Read by one connection: the ranges of the key may have moved as well.
    bounds: null,
    decidedAt: load.decidedAt,
  });
  const name = objectNames(load.sourceId).reshapedLoad(load.run, load.load, attemptNumber);
  await createObject(ports.stage, name, reshaped);
}

const UNREADABLE: ReadonlySet<ErrorCode> = new Set(['OBJECT_INVALID', 'NEWER_VERSION']);

interface NamedLoad {
  sourceId: string;
  run: string;
  load: string;
  /** The table that its job names, where there is one. */
  table?: TableRef;
}

/**
 * What a load works from: `LOAD.json`, or the shape of its table for the attempt it is at, which is the highest of the bucket or
 * the one it was told to go on with. Throws `OBJECT_INVALID` where it is gone, or not of the decision that the run was fanned out by.
 */
export async function readLoad(
  named: NamedLoad & { nextAttempt: number; decidedAt: string | null },
  stage: Stage,
): Promise<LoadObject> {
  const found = await findLoad(named, stage);
  const name = objectNames(named.sourceId).load(named.run, named.load);
  if (!found) throw new LoadError('OBJECT_INVALID', `${name} is gone; the load has nothing to work from.`);
  const { decidedAt } = found;
  if (named.decidedAt === null || named.decidedAt === decidedAt) return found;
  const message = `${name} was decided at ${decidedAt}, tables.json at ${named.decidedAt}.`;
  const hint = 'Two workers decided the run at once. Load the table again: npm run enqueue -- table=…';
  throw new LoadError('OBJECT_INVALID', message, { hint });
}

/** The same, or null where there is none. */
export async function findLoad(
  { sourceId, run, load, table, nextAttempt }: NamedLoad & { nextAttempt: number },
  stage: Stage,
): Promise<LoadObject | null> {
  const names = objectNames(sourceId);
  const shapes = await shapesOf(names.loads(run, load), stage);
  const attempt =
    shapes.length > 0 ? Math.max(nextAttempt, await highestAttempt({ sourceId, load }, stage)) : 0;
  const shape = Math.max(0, ...shapes.filter((attemptNumber) => attemptNumber <= attempt));
  const name = shape > 0 ? names.reshapedLoad(run, load, shape) : names.load(run, load);
  const found = (await readObject(stage, name, loadObjectSchema))?.value ?? null;
  // Every name outside is made from what it says.
  const isItself =
    found?.sourceId === sourceId &&
    found.run === run &&
    found.load === load &&
    (table === undefined || tableKey(found.table) === tableKey(table));
  if (found && !isItself) throw new LoadError('OBJECT_INVALID', `${name} is of another load than its name.`);
  return found;
}

/** The same; null too where another version wrote it, or it is none. */
export function findReadable(
  named: NamedLoad & { nextAttempt: number },
  stage: Stage,
): Promise<LoadObject | null> {
  return findLoad(named, stage).catch((error) => {
    if (error instanceof LoadError && UNREADABLE.has(error.code)) return null;
    throw error;
  });
}

/** Attempts before which the table was looked at anew. */
async function shapesOf(prefix: string, stage: Stage): Promise<number[]> {
  const numbers = (await stage.list(`${prefix}-a`)).map(({ name }) => /-a(\d+)\.json$/.exec(name)?.[1]);
  return numbers.flatMap((digits) => (digits === undefined ? [] : [Number(digits)]));
}
