import { engineOf, type LoadDeps, type LoadWatch } from './load-deps.ts';
import type { LoadFacts } from './load-facts.ts';

/**
 * Ends what reads for an attempt that has no manifest, which is waited for, and its statements at
 * MySQL.
 */
export async function endAttempt(
  { attempt, attemptNumber, manifest }: LoadFacts,
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<void> {
  if (!attempt || manifest) return;
  await engineOf(attempt.spec, deps).cancel(attempt, {
    signal: watch.signal,
    report: ({ message }) => watch.report({ step: 'read', attempt: attemptNumber, message }),
  });
  await deps.endStatements?.(attempt.spec);
}
