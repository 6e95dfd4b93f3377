import { LoadError } from '../errors/index.ts';
import type { PublishJob } from '../ports/index.ts';
import { type LoadFacts, livePublish, MAX_PUBLISHES } from './load-facts.ts';

/** What a load does next. */
export type NextStep =
  | { do: 'record'; job: PublishJob }
  | { do: 'await-publish'; publishNumber: number }
  | { do: 'publish'; publishNumber: number }
  | { do: 'run-engine' }
  | { do: 'new-attempt'; attemptNumber: number }
  | { do: 'give-up-attempt'; error: LoadError };

/**
 * From what exists for the highest attempt to what happens next: the table of docs/crash-safety.md,
 * "Names before work". `nextAttempt` is the attempt this load was told to go on with after a
 * failure it has already waited for (0: none); a publish that succeeded is recorded all the same.
 * `isReaderLost`: the attempt was read by a process, and is no more.
 */
export function nextStep(facts: LoadFacts, nextAttempt: number, isReaderLost = false): NextStep {
  const { publish } = facts;
  const live = livePublish(facts, nextAttempt);
  if (live?.job.state === 'done') return { do: 'record', job: live.job };
  if (publish && publish.job.state !== 'done') return { do: 'await-publish', publishNumber: publish.number };
  if (facts.attemptNumber === 0) return { do: 'new-attempt', attemptNumber: Math.max(1, nextAttempt) };
  if (nextAttempt > facts.attemptNumber) return { do: 'new-attempt', attemptNumber: nextAttempt };
  if (publish?.job.kind === 'burnt') return afterFailedPublish(facts, publish.number, BURNT);
  if (publish?.job.error) return afterFailedPublish(facts, publish.number, publish.job.error);
  if (!facts.manifest) return isReaderLost ? readerLost(facts) : { do: 'run-engine' };
  return facts.isStageWhole ? { do: 'publish', publishNumber: 1 } : stageIncomplete(facts);
}

/**
 * Somebody else wanted to write while this one did not: the next number, if the fence still lets
 * it.
 */
const BURNT = { reason: 'burnt', message: 'another load of the table has used the id up', isTransient: true };

function readerLost({ attemptNumber }: LoadFacts): NextStep {
  const message = `Nobody reads for attempt ${attemptNumber} any more.`;
  return { do: 'give-up-attempt', error: new LoadError('READER_LOST', message) };
}

function stageIncomplete({ attemptNumber }: LoadFacts): NextStep {
  const message = `An object of attempt ${attemptNumber} is gone or altered.`;
  return { do: 'give-up-attempt', error: new LoadError('STAGE_INCOMPLETE', message) };
}

function afterFailedPublish(
  facts: LoadFacts,
  publishNumber: number,
  error: NonNullable<PublishJob['error']>,
): NextStep {
  const message = `${error.reason}: ${error.message}`;
  if (!error.isTransient) return { do: 'give-up-attempt', error: new LoadError('PUBLISH_REJECTED', message) };
  if (!facts.isStageWhole) return stageIncomplete(facts);
  if (publishNumber < MAX_PUBLISHES) return { do: 'publish', publishNumber: publishNumber + 1 };
  return { do: 'give-up-attempt', error: new LoadError('PUBLISH_FAILED', message) };
}
