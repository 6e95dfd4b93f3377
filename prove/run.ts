import type { Assertion } from './assertion.ts';
import type { ProveContext } from './context.ts';
import { isNotImplemented, Undecided } from './verdict.ts';

const LAST_MOMENT_MS = 3_000;

/**
 * `needs Google`: the local stack cannot decide it. `left out`: a real target was not told enough
 * to.
 */
export type Status = 'proven' | 'failed' | 'needs Google' | 'left out';

export interface Outcome {
  id: number;
  title: string;
  unproven: readonly number[];
  status: Status;
  /** What was observed, or why nothing was. */
  fact: string;
  tookMs: number;
}

/**
 * Checks one after the other and reports each; ends early, without the rest, once the context's
 * signal is aborted.
 */
export async function runAssertions(
  assertions: readonly Assertion[],
  context: ProveContext,
  report: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const assertion of assertions) {
    if (context.signal.aborted) break;
    const outcome = await checkOne(assertion, context);
    if (context.signal.aborted) break;
    outcomes.push(outcome);
    report(outcome);
  }
  return outcomes;
}

async function checkOne(assertion: Assertion, context: ProveContext): Promise<Outcome> {
  const { id, title, unproven, needsGoogle } = assertion;
  const startedMs = Date.now();
  const end = (status: Status, fact: string): Outcome => ({
    id,
    title,
    unproven,
    status,
    fact: fact.trim(),
    tookMs: Date.now() - startedMs,
  });
  if (context.isLocal && needsGoogle !== null) return end('needs Google', needsGoogle);
  try {
    return end('proven', await orAborted(assertion.check(context), context.signal));
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    if (error instanceof Undecided) return end(context.isLocal ? 'needs Google' : 'left out', message);
    // Only a stand-in may say that it does not know something; from Google it is an answer like any
    // other.
    if (context.isLocal && isNotImplemented(error)) return end('needs Google', message);
    return end('failed', message || String(error));
  }
}

/**
 * After Ctrl-C the work gets a moment to end, so that nothing comes into being while its traces are
 * removed.
 */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    const giveUp = () => setTimeout(() => reject(signal.reason), LAST_MOMENT_MS).unref();
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
