import { type ErrorCode, type LoadError, toError } from '../errors/index.ts';
import { failedRow, supersededRow } from '../history/index.ts';
import type { LoadObject, Refusal } from '../objects/index.ts';
import { attemptJobs } from './attempt-jobs.ts';
import { afterLoadFailure, type LoadBudget } from './budget.ts';
import type { Superseded } from './fence.ts';
import { engineOf, type LoadDeps, type LoadOutcome } from './load-deps.ts';
import { type LoadFacts, lastAttempt } from './load-facts.ts';

/** What reconcile finds: the stage is there and must not be published. */
const ENDS_ATTEMPT: ReadonlySet<ErrorCode> = new Set([
  'COUNTS_DIFFER',
  'SOURCE_MOVED',
  'SOURCE_CHANGED_SHAPE',
  'OVERTAKEN',
]);

/**
 * A table that cannot be loaded as it is has its load all the same, so that it fails with its
 * reason and others go on. One that is locked is looked at again before each attempt; an attempt is
 * used up all the same, though nothing is read.
 */
export function refuse(load: LoadObject, refusal: Refusal, budget: LoadBudget, deps: LoadDeps): LoadOutcome {
  const error = toError(refusal);
  const attempt = error.isTransient ? Math.max(budget.nextAttempt, budget.attemptsBefore + 1) : 0;
  const later = nextAttemptLater({ budget, error, attempt }, deps);
  if (later) return later;
  const row = failedRow({ load, error, attempts: attempt, startedAt: null, jobs: null, now: deps.now() });
  return { outcome: 'failed', attempt, nextAttempt: attempt + 1, error, row };
}

/** Its table has newer rows: what it has staged is of no use any more. */
export function endSuperseded(
  { load, facts, by }: { load: LoadObject; facts: LoadFacts; by: Superseded['by'] },
  deps: LoadDeps,
): LoadOutcome {
  const row = supersededRow({ load, by, spec: facts.attempt?.spec ?? null, now: deps.now() });
  const dataObjects = facts.manifest?.objects.map(({ name }) => name) ?? [];
  return { outcome: 'superseded', row, attempt: facts.attemptNumber, dataObjects };
}

interface Failure {
  load: LoadObject;
  facts: LoadFacts;
  budget: LoadBudget;
  error: LoadError;
  hasGivenUp: boolean;
}

/**
 * Terminal: the load fails. Transient: the next attempt if this one is over and the budget allows
 * it, else thrown on.
 */
export async function afterFailure(failure: Failure, deps: LoadDeps): Promise<LoadOutcome> {
  const { load, facts, budget, error } = failure;
  const attempt = facts.attemptNumber;
  const isOver = !error.isTransient || failure.hasGivenUp || (await isAttemptOver(failure, deps));
  if (!isOver) throw error;
  if (facts.attempt && !facts.manifest) await deps.endStatements?.(facts.attempt.spec);
  // A reader that has died beside its worker, which lives, may have died of the table.
  const isReaderLost = failure.hasGivenUp && error.code === 'READER_LOST';
  const later = nextAttemptLater({ budget, error, attempt, isReaderLost }, deps);
  if (later) return later;
  // Facts that could not be gathered do not mean that there was no attempt.
  const last = await lastAttempt(load, deps.bucket);
  const attempts = Math.max(budget.attemptsBefore, attempt, last.attempts);
  const jobs = await attemptJobs({ attempt: last.attempt, publish: facts.publish }, deps);
  const { startedAt } = last;
  const row = failedRow({ load, error, attempts, startedAt, jobs, now: deps.now() });
  return { outcome: 'failed', attempt: attempts, nextAttempt: attempts + 1, error, row };
}

interface EndedAttempt {
  budget: LoadBudget;
  error: LoadError;
  attempt: number;
  isReaderLost?: boolean;
}

/**
 * The next attempt after one that is over; null where the budget has none. An outage is known to
 * whoever calls, who spares the attempt.
 */
function nextAttemptLater(
  { budget, error, attempt, isReaderLost = false }: EndedAttempt,
  { maxAttempts, random }: LoadDeps,
): LoadOutcome | null {
  const failure = { isTransient: error.isTransient, endedAttempt: attempt, isOutage: false, isReaderLost };
  const retry = afterLoadFailure(budget, failure, { maxAttempts, random: random() });
  if (retry.next !== 'later') return null;
  const { nextAttempt, spared, interruptions } = retry.budget;
  return { outcome: 'later', delayMs: retry.delayMs, nextAttempt, spared, interruptions, error };
}

/**
 * An attempt is over when its engine has ended without a stage, or its stage did not reconcile; a
 * service away ends nothing.
 */
async function isAttemptOver({ facts, error }: Failure, deps: LoadDeps): Promise<boolean> {
  if (ENDS_ATTEMPT.has(error.code)) return true;
  if (!facts.attempt || facts.manifest) return false;
  return (await engineOf(facts.attempt.spec, deps).probe(facts.attempt)).state === 'ended';
}
