import { askAgain } from '../ask-again.ts';
import { LoadError } from '../load-error.ts';
import { publishJobId } from '../names.ts';
import type { LoadObject } from '../objects/load.ts';
import { asArgument, tableLabel } from '../table-ref.ts';
import { attemptJobs } from './attempt-jobs.ts';
import type { AttemptSpec, LoadDeps, LoadOutcome, LoadWatch } from './load-deps.ts';
import { gatherFacts, readPublish } from './load-facts.ts';
import { failedRow } from './load-rows.ts';

/** Who wished the end of a load: a person, or its run's deadline. */
export type CancelReason = 'person' | 'run deadline';

/**
 * Ends a load for a person: its Dataproc job is cancelled and waited for. Null where its publish has begun: then it is too
 * late, and the load is brought to its end.
 */
export async function cancelLoad(
  load: LoadObject,
  deps: LoadDeps,
  watch: LoadWatch & { reason?: CancelReason },
): Promise<LoadOutcome | null> {
  const facts = await gatherFacts(load, deps);
  const { publish, attempt, attemptNumber, manifest } = facts;
  if (publish && !publish.job.error) return null;
  if (!publish && attempt && manifest && (await hasBegun(load, attempt, { deps, watch }))) return null;
  if (attempt && !manifest) {
    await deps.engine.cancel(attempt, {
      signal: watch.signal,
      report: ({ message }) => watch.report({ step: 'read', attempt: attemptNumber, message }),
    });
    await deps.endStatements?.(attempt.spec);
  }
  const error = cancelError(load, watch.reason ?? 'person');
  const startedAt = attempt?.spec.createdAt ?? null;
  const jobs = await attemptJobs({ attempt, publishId: publish?.job.id ?? null }, deps);
  const row = failedRow({ load, error, attempts: attemptNumber, startedAt, jobs, now: deps.now() });
  return { outcome: 'failed', row, attempt: attemptNumber, error };
}

/** A publish that was about to start may have been taken by BigQuery, which may not know it for a moment. */
async function hasBegun(
  load: LoadObject,
  { spec: { attempt } }: AttemptSpec,
  { deps, watch }: { deps: LoadDeps; watch: LoadWatch },
): Promise<boolean> {
  if (!(await readPublish(load, attempt, deps))) return false;
  const id = publishJobId({ sourceId: load.sourceId, attempt, publishNumber: 1 });
  const job = await askAgain(
    () => deps.destination.getPublish(id),
    (ms) => deps.sleep(ms, watch.signal),
  );
  return job !== null && job.error === null;
}

function cancelError({ table, run }: LoadObject, reason: CancelReason): LoadError {
  const label = tableLabel(table);
  if (reason === 'run deadline')
    return new LoadError(
      'RUN_DEADLINE',
      `${label}: run ${run} passed its deadline before the load was over.`,
    );
  return new LoadError('CANCELLED', `${label}: a person cancelled the load.`, {
    hint: `Load it again: npm run enqueue -- ${asArgument(table)}`,
  });
}
