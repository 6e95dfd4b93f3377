import { LoadError } from '../errors/index.ts';
import { attemptName, objectNames } from '../names/index.ts';
import { type LoadObject, specSchema } from '../objects/index.ts';
import { readObject, type WorkDeadline } from '../ports/index.ts';
import { engineOf, type LoadDeps } from './load-deps.ts';
import type { LoadFacts } from './load-facts.ts';
import type { NextStep } from './next-step.ts';

/**
 * When a load is to be over, told by the spec of the first attempt of its budget: it holds across
 * restarts, and a retry by hand has a new one. Null where nothing has begun, or there is no
 * deadline.
 */
export async function loadDeadline(
  { load, facts, attemptsBefore }: { load: LoadObject; facts: LoadFacts; attemptsBefore: number },
  { bucket, deadlineMs }: Pick<LoadDeps, 'bucket' | 'deadlineMs'>,
): Promise<WorkDeadline | null> {
  if (deadlineMs === undefined) return null;
  const begun = await firstSpecTime({ load, facts, attemptsBefore }, bucket);
  if (begun === null) return null;
  const hours = Math.round(deadlineMs / 360_000) / 10;
  const message = `Begun at ${begun}, and not over after ${hours} hours.`;
  return { at: new Date(Date.parse(begun) + deadlineMs), error: new LoadError('LOAD_DEADLINE', message) };
}

async function firstSpecTime(
  { load, facts, attemptsBefore }: { load: LoadObject; facts: LoadFacts; attemptsBefore: number },
  bucket: LoadDeps['bucket'],
): Promise<string | null> {
  const names = objectNames(load.sourceId);
  for (let number = attemptsBefore + 1; number < facts.attemptNumber; number += 1) {
    const found = await readObject(bucket, names.spec(attemptName(load.loadId, number)), specSchema);
    // A table that was locked uses up attempts that have no spec.
    if (found) return found.value.createdAt;
  }
  return facts.attemptNumber > attemptsBefore ? (facts.attempt?.spec.createdAt ?? null) : null;
}

/**
 * Refuses to begin anything after the deadline: throws its error. What has begun is brought to its
 * end, a publish as a reading, which its engine cancels; a stage that is whole is published.
 */
export async function keepDeadline(
  { step, facts, deadline }: { step: NextStep; facts: LoadFacts; deadline: WorkDeadline | null },
  deps: Pick<LoadDeps, 'engines' | 'now'>,
): Promise<void> {
  if (!deadline || deps.now() < deadline.at) return;
  const isNew = step.do === 'new-attempt' && facts.attemptNumber > 0;
  const { attempt } = facts;
  const isUnsubmitted =
    step.do === 'run-engine' &&
    attempt &&
    (await engineOf(attempt.spec, deps).probe(attempt)).state === 'nothing';
  if (isNew || isUnsubmitted) throw deadline.error;
}
