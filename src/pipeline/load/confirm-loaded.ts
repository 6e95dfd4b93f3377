import { newDestination } from '../destinations.ts';
import { LoadError } from '../load-error.ts';
import type { DestinationFacts } from '../ports/destination.ts';
import type { LoadDeps } from './load-deps.ts';
import { countDifference, type Loaded, rowDifference } from './loaded.ts';
import { describeLoaded, isAsOf, putBack, restoreId } from './put-back.ts';
import { takeItsPlace } from './take-its-place.ts';

/**
 * Compares what BigQuery loaded with what was staged, by the job's own count and the table's. A difference puts the
 * table back from time travel and throws `LOADED_DIFFERS`. Returns the table as it is now, and whether it is as the publish
 * left it: what somebody has changed since, the next verify sees as a difference and loads.
 */
export async function confirmLoaded(
  loaded: Loaded,
  deps: Pick<LoadDeps, 'destination' | 'sleep'>,
  signal: AbortSignal,
): Promise<{ facts: DestinationFacts | null; isUntouched: boolean }> {
  const { load, job, rowsStaged, before } = loaded;
  if (job.destination?.table === newDestination(load.destination).table)
    return takeItsPlace(loaded, deps, signal);
  const facts = await describeLoaded(load.destination, deps, signal);
  const { dataset, table } = load.destination;
  if (await deps.destination.copiedAt(restoreId(job)))
    throw new LoadError(
      'LOADED_DIFFERS',
      `${dataset}.${table} was put back after ${job.id}, whose count differed.`,
    );
  const isUntouched = isAsOf(facts, job.endedAt);
  const difference = countDifference(loaded) ?? (isUntouched ? rowDifference(load, rowsStaged, facts) : null);
  if (!difference) return { facts, isUntouched };
  const done = await putBack({ load, job, before, facts }, deps);
  throw new LoadError('LOADED_DIFFERS', `${difference} ${done}`);
}
