const FIRST_DELAY_MS = 30_000;
const QUEUE_FIRST_DELAY_MS = 5_000;
const LONGEST_DELAY_MS = 600_000;

/** About two weeks at the longest delay. */
const TWO_WEEKS_OF_TRIES = 2_000;

/** A load may be interrupted this many times as often as it may have attempts. */
const INTERRUPTIONS_PER_ATTEMPT = 4;

/** What a load has used and may use, as its job carries it from one pick-up to the next. */
export interface LoadBudget {
  /** Attempts before this budget: 0, or the highest one when a person asked for another try. */
  attemptsBefore: number;
  /** Attempt to go on with after a failure that was waited for; 0 if there is none. */
  nextAttempt: number;
  /**
   * Attempts of this budget that an outage or the end of a worker has ended: they are not counted.
   */
  spared: number;
  /**
   * Transient failures of this budget that ended no attempt, and attempts that a worker's end has.
   */
  interruptions: number;
}

/** What a load has met. */
export interface LoadFailure {
  isTransient: boolean;
  /** The attempt that is over by it; null where it has ended none. */
  endedAttempt: number | null;
  /** A service is away for everybody. */
  isOutage: boolean;
  /** The process that read the rows is gone: nothing that the load has met itself. */
  isReaderLost?: boolean;
}

/** What a load does after a failure, and what its job then carries. */
export type LoadRetry<B extends LoadBudget> =
  /** It waits until the service is back, however long that takes. */
  { next: 'wait'; budget: B } | { next: 'later'; delayMs: number; budget: B } | { next: 'fail' };

/**
 * When a load is tried again. `random`: 0 ≤ x < 1.
 *
 * | what it has met       | that ended an attempt               | that ended none             |
 * | --------------------- | ----------------------------------- | --------------------------- |
 * | an outage             | wait, the attempt is spared         | wait, nothing is counted    |
 * | something terminal    | fail                                | fail                        |
 * | something transient   | the next attempt, `maxAttempts`     | again, 4 × `maxAttempts`    |
 * |                       | a budget, less those that are       | interruptions a budget      |
 * |                       | spared                              |                             |
 * | the end of a worker   | the next attempt, the first at      | –                           |
 * | that read the rows    | once: spared, an interruption       |                             |
 */
export function afterLoadFailure<B extends LoadBudget>(
  budget: B,
  { isTransient, endedAttempt, isOutage, isReaderLost = false }: LoadFailure,
  { maxAttempts, random }: { maxAttempts: number; random: number },
): LoadRetry<B> {
  const { attemptsBefore } = budget;
  const hasEnded = endedAttempt !== null;
  const isSpared = hasEnded && (isOutage || isReaderLost);
  const spared = budget.spared + (isSpared ? 1 : 0);
  const nextAttempt = hasEnded ? endedAttempt + 1 : budget.nextAttempt;
  if (isOutage) return { next: 'wait', budget: { ...budget, nextAttempt, spared } };
  if (!isTransient) return { next: 'fail' };
  const isCounted = hasEnded && !isReaderLost;
  const interruptions = budget.interruptions + (isCounted ? 0 : 1);
  const used = isCounted ? endedAttempt - attemptsBefore - spared : interruptions;
  const most = isCounted ? maxAttempts - 1 : INTERRUPTIONS_PER_ATTEMPT * maxAttempts;
  if (used > most) return { next: 'fail' };
  const delayMs = isReaderLost && used === 1 ? 0 : retryDelayMs(used, random);
  return { next: 'later', delayMs, budget: { ...budget, nextAttempt, spared, interruptions } };
}

/** What a load has that ended, for a person who wants it tried again from `nextAttempt` on. */
export function freshBudget(nextAttempt: number): LoadBudget {
  return { attemptsBefore: nextAttempt - 1, nextAttempt, spared: 0, interruptions: 0 };
}

/** A run that has met a failure. */
export interface FailedRun {
  /** Failures so far, without this one. */
  interruptions: number;
  /** Since its request. */
  ageMs: number;
  isTransient: boolean;
  /** Its `tables.json` is there: its loads go their way, and it can still end as it should. */
  isDecided: boolean;
  /**
   * False where its summary could not be written. Who looks for that would wait for ever, so it
   * goes on.
   */
  canEnd: boolean;
}

/** What a run does after a failure, and what its job then counts. */
export type RunRetry = { next: 'later'; delayMs: number; interruptions: number } | { next: 'fail' };

/**
 * When a run is tried again: whatever transient it meets, 2,000 times; without decisions only while
 * it is younger than `catchUpMs`. `random`: 0 ≤ x < 1. `delayFactor` shortens its delays.
 */
export function afterRunFailure(
  { ageMs, isTransient, isDecided, canEnd, ...before }: FailedRun,
  { catchUpMs, random, delayFactor }: { catchUpMs: number; random: number; delayFactor: number },
): RunRetry {
  const interruptions = before.interruptions + 1;
  const delayMs = Math.round(retryDelayMs(interruptions, random) * delayFactor);
  const isTooOld = !isDecided && ageMs + delayMs >= catchUpMs;
  const isOver = canEnd && (!isTransient || isTooOld);
  return isOver || interruptions > TWO_WEEKS_OF_TRIES
    ? { next: 'fail' }
    : { next: 'later', delayMs, interruptions };
}

/**
 * How often the queue itself hands out a job that has thrown. It is the safety net below the rules
 * above, for when their counts cannot be written because Redis fails. History rows have no other
 * rule: they wait for BigQuery about two weeks.
 */
export const QUEUE_TRIES = {
  load: (maxAttempts: number): number => INTERRUPTIONS_PER_ATTEMPT * maxAttempts,
  run: 20,
  historyRow: TWO_WEEKS_OF_TRIES,
} as const;

/** The delay before the queue hands out a job again: 5 s doubling to 10 min. */
export function queueDelayMs(tries: number): number {
  return doubled(QUEUE_FIRST_DELAY_MS, tries);
}

/**
 * 30 s doubling to 10 min, a random half of it added or not, so that loads do not come back
 * together.
 */
function retryDelayMs(used: number, random: number): number {
  return Math.round(doubled(FIRST_DELAY_MS, used) * (0.75 + random / 2));
}

function doubled(firstMs: number, times: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, times - 1), LONGEST_DELAY_MS);
}
