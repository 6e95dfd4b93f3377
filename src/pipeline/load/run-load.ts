import { toLoadError } from '../errors/index.ts';
import type { LoadObject } from '../objects/index.ts';
import type { LoadBudget } from './budget.ts';
import { cancelLoad } from './cancel-load.ts';
import { readCancelled } from './cancelled-load.ts';
import { afterFailure, endSuperseded, refuse } from './end-load.ts';
import { Superseded } from './fence.ts';
import { keepDeadline, loadDeadline } from './load-deadline.ts';
import type { LoadDeps, LoadOutcome, LoadWatch } from './load-deps.ts';
import { gatherFacts, isReaderLost, NO_FACTS } from './load-facts.ts';
import { nextStep } from './next-step.ts';
import { takeStep } from './take-step.ts';

/**
 * Brings one table over, from wherever an earlier try left it: asks what exists, does the next
 * step, asks again. Resolves with the outcome of the load or of an attempt. Throws transient
 * `LoadError`s that used up no attempt (a service away; call again later) and the abort reason of
 * `watch.signal`.
 */
export async function runLoad(
  load: LoadObject,
  budget: LoadBudget,
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome> {
  // A person's retry goes on beyond what was cancelled; what an older copy of Redis brings back
  // does not.
  const before = await readCancelled(load, deps.bucket);
  if (before && budget.nextAttempt <= before.upToAttempt) {
    const { reason } = before;
    const ended = await cancelLoad({ load, nextAttempt: budget.nextAttempt, reason }, deps, watch);
    if (ended) return ended;
  }
  if (load.refusal) return refuse(load, load.refusal, budget, deps);
  const { attemptsBefore, nextAttempt } = budget;
  const begun = new Set<string>();
  for (;;) {
    watch.signal.throwIfAborted();
    let facts = NO_FACTS;
    let hasGivenUp = false;
    try {
      facts = await gatherFacts(load, deps);
      const step = nextStep(facts, nextAttempt, await isReaderLost(facts, { begun, nextAttempt }, deps));
      hasGivenUp = step.do === 'give-up-attempt';
      const deadline = await loadDeadline({ load, facts, attemptsBefore }, deps);
      await keepDeadline({ step, facts, deadline }, deps);
      const outcome = await takeStep({ load, facts, step, deadline, begun }, deps, watch);
      if (outcome) return outcome;
    } catch (thrown) {
      watch.signal.throwIfAborted();
      if (thrown instanceof Superseded) return endSuperseded({ load, facts, by: thrown.by }, deps);
      return await afterFailure({ load, facts, budget, error: toLoadError(thrown), hasGivenUp }, deps);
    }
  }
}
