import { LoadError } from '../errors/index.ts';
import { asArgument, objectNames, type TableRef, tableLabel } from '../names/index.ts';
import { type GuardObject, guardObjectSchema, type LoadObject } from '../objects/index.ts';
import { createObject, type DestinationFacts, readObject } from '../ports/index.ts';
import type { LoadDeps, WholeStage } from './load-deps.ts';
import { readPublish } from './load-facts.ts';

/**
 * Stops a publish that would take away more rows than the rules allow. A person may accept the stage (`accepted.json`), and
 * then it is published. Throws `SHRUNK_TOO_MUCH`.
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
    return checkUnchanged({ load, attemptId, existing }, deps);
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
    `${tableLabel(load.table)} has ${rows} rows now and ${existing.rows} in BigQuery: ${gone} % would go, ${maxShrinkPercent} % may.`,
    {
      hint: `If that is right: npm run accept -- run=${load.runId} ${asArgument(load.table)}`,
    },
  );
}

/**
 * What was accepted was said of that destination: another load, or a person, may have changed it since. Where an earlier publish
 * has begun on it, its metadata may have been changed by that one; its rows by nobody.
 */
async function checkUnchanged(
  { load, attemptId, existing }: { load: LoadObject; attemptId: string; existing: DestinationFacts | null },
  deps: Pick<LoadDeps, 'bucket'>,
): Promise<void> {
  const guard = await readObject(deps.bucket, objectNames(load.sourceId).guard(attemptId), guardObjectSchema);
  const accepted = guard?.value.before;
  if (accepted && accepted.lastModified === existing?.lastModified) return;
  const begun = await readPublish(load, attemptId, deps);
  const isOurs = accepted && begun?.before?.lastModified === accepted.lastModified;
  if (isOurs && existing?.rows === accepted.rows) return;
  throw nothingToAccept(
    load.table,
    `${tableLabel(load.table)} was published, or changed in BigQuery, after the guard had stopped that stage.`,
  );
}

/** That a person's accept finds nothing, and what to do about that table. */
export function nothingToAccept(table: TableRef, message: string): LoadError {
  const argument = asArgument(table);
  return new LoadError('NOTHING_TO_ACCEPT', message, {
    hint: `See npm run history -- ${argument}; to load it again: npm run enqueue -- ${argument}`,
  });
}
