import { failedRow } from '../history/index.ts';
import type { CancelReason, LoadObject } from '../objects/index.ts';
import { attemptJobs } from './attempt-jobs.ts';
import { cancelledError, forgetCancelled, rememberCancelled } from './cancelled-load.ts';
import { endAttempt } from './end-attempt.ts';
import { withdraw } from './fence.ts';
import type { LoadDeps, LoadOutcome, LoadWatch } from './load-deps.ts';
import { gatherFacts, livePublish } from './load-facts.ts';

/**
 * Ends a load for whoever wished that: nobody can publish it any more, what reads for it is ended
 * and waited for. Null where its publish has begun: then it is too late, and the load is
 * brought to its end. `nextAttempt` is the one it was told to go on with (0: none).
 */
export async function cancelLoad(
  { load, nextAttempt, reason }: { load: LoadObject; nextAttempt: number; reason: CancelReason },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome | null> {
  const facts = await gatherFacts(load, deps);
  const { attempt, attemptNumber } = facts;
  if (livePublish(facts, nextAttempt)) return null;
  // Said first: whoever is about to publish looks for it after the state that is changed next.
  const upTo = Math.max(attemptNumber, nextAttempt, 1);
  await rememberCancelled(load, { upTo, reason }, deps);
  if (!(await withdraw(load, deps, watch.signal))) {
    await forgetCancelled(load, deps.bucket);
    return null;
  }
  await endAttempt(facts, deps, watch);
  const error = cancelledError(load, reason);
  const startedAt = attempt?.spec.createdAt ?? null;
  const jobs = await attemptJobs(facts, deps);
  const row = failedRow({ load, error, attempts: attemptNumber, startedAt, jobs, now: deps.now() });
  return { outcome: 'failed', row, attempt: attemptNumber, nextAttempt: upTo + 1, error };
}
