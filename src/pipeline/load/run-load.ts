import { type ErrorCode, LoadError, toLoadError } from '../errors/index.ts';
import { failedRow, supersededRow } from '../history/index.ts';
import type { LoadObject, Refusal } from '../objects/index.ts';
import { attemptJobs } from './attempt-jobs.ts';
import { cancelLoad } from './cancel-load.ts';
import { readCancelled } from './cancelled-load.ts';
import { Superseded } from './fence.ts';
import { keepDeadline, loadDeadline } from './load-deadline.ts';
import type { LoadDeps, LoadOutcome, LoadWatch } from './load-deps.ts';
import { gatherFacts, type LoadFacts, lastAttempt, NO_FACTS } from './load-facts.ts';
import { nextStep } from './next-step.ts';
import { takeStep } from './take-step.ts';

const FIRST_DELAY_MS = 30_000;
const MAX_DELAY_MS = 600_000;
/** What reconcile finds: the stage is there and must not be published. */
const ENDS_ATTEMPT: ReadonlySet<ErrorCode> = new Set([
  'COUNTS_DIFFER',
  'SOURCE_MOVED',
  'SOURCE_CHANGED_SHAPE',
  'OVERTAKEN',
]);

/** What a load carries from one pick-up to the next, beside its names. */
export interface LoadBudget {
  /** Attempts before this budget: 0, or the highest attempt when a person asked for another try. */
  base: number;
  /** Attempt to go on with after a failure that was waited for; 0 if there is none. */
  nextAttempt: number;
  /** Attempts of this budget that an outage has ended; none unless given. */
  spared?: number;
}

/**
 * Brings one table over, from wherever an earlier try left it: asks what exists, does the next step, asks again.
 * Resolves with the outcome of the load or of an attempt. Throws transient `LoadError`s that used up no attempt (a
 * service away; call again later) and the abort reason of `watch.signal`.
 */
export async function runLoad(
  load: LoadObject,
  budget: LoadBudget,
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome> {
  // A person's retry goes on beyond what was cancelled; what an older copy of Redis brings back does not.
  const before = await readCancelled(load, deps.bucket);
  if (before && budget.nextAttempt <= before.upToAttempt) {
    const { reason } = before;
    const ended = await cancelLoad({ load, nextAttempt: budget.nextAttempt, reason }, deps, watch);
    if (ended) return ended;
  }
  if (load.refusal) return refuse(load, load.refusal, budget, deps);
  const { base, nextAttempt } = budget;
  for (;;) {
    watch.signal.throwIfAborted();
    let facts = NO_FACTS;
    let hasGivenUp = false;
    try {
      facts = await gatherFacts(load, deps);
      const step = nextStep(facts, nextAttempt);
      hasGivenUp = step.do === 'give-up-attempt';
      const deadline = await loadDeadline({ load, facts, base }, deps);
      await keepDeadline({ step, facts, deadline }, deps);
      const outcome = await takeStep({ load, facts, step, deadline }, deps, watch);
      if (outcome) return outcome;
    } catch (thrown) {
      watch.signal.throwIfAborted();
      if (thrown instanceof Superseded) return endSuperseded({ load, facts, by: thrown.by }, deps);
      return await afterFailure({ load, facts, budget, error: toLoadError(thrown), hasGivenUp }, deps);
    }
  }
}

/**
 * A table that cannot be loaded as it is has its load all the same, so that it fails with its reason and others go on. One that is
 * locked is looked at again before each attempt; an attempt is used up all the same, though no Dataproc job is.
 */
function refuse(load: LoadObject, refusal: Refusal, budget: LoadBudget, deps: LoadDeps): LoadOutcome {
  const error = new LoadError(refusal.code, refusal.message);
  const attempt = error.isTransient ? Math.max(budget.nextAttempt, budget.base + 1) : 0;
  if (error.isTransient && attempt - budget.base < deps.maxAttempts)
    return {
      outcome: 'later',
      delayMs: attemptDelayMs(attempt - budget.base, deps.random()),
      nextAttempt: attempt + 1,
      error,
    };
  const row = failedRow({ load, error, attempts: attempt, startedAt: null, jobs: null, now: deps.now() });
  return { outcome: 'failed', attempt, nextAttempt: attempt + 1, error, row };
}

/** Its table has newer rows: what it has staged is of no use any more. */
function endSuperseded(
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

/** Terminal: the load fails. Transient: the next attempt if this one is over and the budget allows it, else thrown on. */
async function afterFailure(failure: Failure, deps: LoadDeps): Promise<LoadOutcome> {
  const { load, facts, budget, error } = failure;
  const attempt = facts.attemptNumber;
  const isOver = !error.isTransient || failure.hasGivenUp || (await isAttemptOver(failure, deps));
  if (!isOver) throw error;
  if (facts.attempt && !facts.manifest) await deps.endStatements?.(facts.attempt.spec);
  const used = attempt - budget.base - (budget.spared ?? 0);
  if (error.isTransient && used < deps.maxAttempts)
    return {
      outcome: 'later',
      delayMs: attemptDelayMs(used, deps.random()),
      nextAttempt: attempt + 1,
      error,
    };
  // Facts that could not be gathered do not mean that there was no attempt.
  const last = await lastAttempt(load, deps.bucket);
  const attempts = Math.max(budget.base, attempt, last.attempts);
  const jobs = await attemptJobs({ attempt: last.attempt, publish: facts.publish }, deps);
  const { startedAt } = last;
  const row = failedRow({ load, error, attempts, startedAt, jobs, now: deps.now() });
  return { outcome: 'failed', attempt: attempts, nextAttempt: attempts + 1, error, row };
}

/** An attempt is over when its engine has ended without a stage, or its stage did not reconcile; a service away ends nothing. */
async function isAttemptOver({ facts, error }: Failure, deps: LoadDeps): Promise<boolean> {
  if (ENDS_ATTEMPT.has(error.code)) return true;
  if (!facts.attempt || facts.manifest) return false;
  return (await deps.engine.probe(facts.attempt)).state === 'ended';
}

/** 30 s doubling to 10 min, a random half of it added or not, so that loads do not come back together. */
export function attemptDelayMs(attemptsUsed: number, random: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, attemptsUsed - 1), MAX_DELAY_MS);
  return Math.round(full * (0.75 + random / 2));
}
