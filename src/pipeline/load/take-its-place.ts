import { newDestination } from '../destinations.ts';
import { LoadError } from '../load-error.ts';
import type { DestinationFacts } from '../ports/destination.ts';
import type { LoadDeps } from './load-deps.ts';
import { countDifference, type Loaded, rowDifference } from './loaded.ts';
import { describeLoaded, isAsOf } from './put-back.ts';

/**
 * A destination that is made anew (another partitioning) has been loaded beside the old one. Once its counts agree it takes the old
 * one's place: that is removed, and the new one copied there. A crash in between finds out by the copy's id where it was. Throws
 * `LOADED_DIFFERS`, and the old one is as it was.
 */
export async function takeItsPlace(
  loaded: Loaded,
  deps: Pick<LoadDeps, 'destination' | 'sleep'>,
  signal: AbortSignal,
): Promise<{ facts: DestinationFacts | null; isUntouched: boolean }> {
  const { destination } = deps;
  const { load, job, rowsStaged } = loaded;
  const made = newDestination(load.destination);
  const id = `${job.id}-place`;
  let placedAt = await destination.copiedAt(id);
  if (!placedAt) {
    const facts = await describeLoaded(made, deps, signal);
    const gone = facts ? null : `${made.dataset}.${made.table}, which was loaded, is gone.`;
    const difference = gone ?? countDifference(loaded) ?? rowDifference(load, rowsStaged, facts);
    if (difference) {
      await destination.remove(made);
      throw new LoadError('LOADED_DIFFERS', `${difference} The destination is as it was.`);
    }
    await destination.remove(load.destination);
    if (!(await destination.copy({ id, source: made, at: null, destination: load.destination })))
      throw new LoadError('LOADED_DIFFERS', `${made.dataset}.${made.table}, which was loaded, is gone.`);
    placedAt = await destination.copiedAt(id);
  }
  await destination.remove(made);
  const facts = await describeLoaded(load.destination, deps, signal);
  return { facts, isUntouched: isAsOf(facts, placedAt) };
}
