import { LoadError } from '../errors/index.ts';
import { asArgument, objectNames, type TableRef } from '../names/index.ts';
import { type GuardObject, guardObjectSchema, type LoadObject } from '../objects/index.ts';
import { createObject, type DestinationFacts, readObject } from '../ports/index.ts';
import type { LoadDeps, WholeStage } from './load-deps.ts';
import { readPublish } from './load-facts.ts';

/**
 * Stops a publish that would take away more rows than the rules allow. A person may accept the
 * stage (`accepted.json`), and then it is published. Throws `SHRUNK_TOO_MUCH`.
 */
export async function guardAgainstShrinking(
  { load, stage, existing }: { load: LoadObject; stage: WholeStage; existing: DestinationFacts | null },
  deps: Pick<LoadDeps, 'bucket' | 'now'>,
): Promise<void> {
  const { maxShrinkPercent, shrinkFromRows } = load.publishing;
  const { rows } = stage.manifest;
  const names = objectNames(load.sourceId);
  const { attemptId } = stage.spec;
  if (await deps.bucket.exists(names.accepted(attemptId)))
    return checkUnchanged({ load, guard: await readGuard(load, attemptId, deps), existing }, deps);
  if (!existing || existing.rows < shrinkFromRows) return;
  const least = (existing.rows * (100 - maxShrinkPercent)) / 100;
  if (rows >= least) return;
  const guard: GuardObject = {
    version: 1,
    attemptId,
    rowsStaged: rows,
    before: { rows: existing.rows, lastModified: existing.lastModified },
    createdAt: deps.now().toISOString(),
  };
  await createObject(deps.bucket, names.guard(attemptId), guard);
  const gone = Math.round(100 - (rows / existing.rows) * 100);
  throw new LoadError(
    'SHRUNK_TOO_MUCH',
    `The table has ${rows} rows now and ${existing.rows} in BigQuery: ${gone} % would go, ${maxShrinkPercent} % may.`,
    {
      hint: `If that is right: npm run accept -- run=${load.runId} ${asArgument(load.table)}`,
    },
  );
}

/** What the guard wrote down when it stopped an attempt; null where it stopped none. */
export async function readGuard(
  { sourceId }: Pick<LoadObject, 'sourceId'>,
  attemptId: string,
  { bucket }: Pick<LoadDeps, 'bucket'>,
): Promise<GuardObject | null> {
  return (await readObject(bucket, objectNames(sourceId).guard(attemptId), guardObjectSchema))?.value ?? null;
}

/**
 * A person accepts a stage for the destination that the guard saw: another load, or a person, may
 * have changed it since. A publish of that stage that has begun may have changed its metadata; its
 * rows nobody. Asked when a person accepts, and again before the publish. Throws
 * `NOTHING_TO_ACCEPT`.
 */
export async function checkUnchanged(
  input: { load: LoadObject; guard: GuardObject | null; existing: DestinationFacts | null },
  deps: Pick<LoadDeps, 'bucket'>,
): Promise<void> {
  const { load, guard, existing } = input;
  const accepted = guard?.before;
  if (accepted && accepted.lastModified === existing?.lastModified) return;
  const begun = guard && (await readPublish(load, guard.attemptId, deps));
  const isOurs = accepted && begun?.before?.lastModified === accepted.lastModified;
  if (isOurs && existing?.rows === accepted.rows) return;
  throw nothingToAccept(
    load.table,
    `The table was published, or changed in BigQuery, after the guard had stopped that stage.`,
  );
}

/** That a person's accept finds nothing, and what to do about that table. */
export function nothingToAccept(table: TableRef, message: string): LoadError {
  const argument = asArgument(table);
  return new LoadError('NOTHING_TO_ACCEPT', message, {
    hint: `See npm run history -- ${argument}; to load it again: npm run enqueue -- ${argument}`,
  });
}
