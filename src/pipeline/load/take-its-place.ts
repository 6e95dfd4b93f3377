import { LoadError } from '../errors/index.ts';
import { newDestination } from '../mapping/index.ts';
import { dropJobId, placeJobId } from '../names/index.ts';
import type { DestinationFacts, PublishJob } from '../ports/index.ts';
import { claim, type FenceDeps, isNewest, recordPublished } from './fence.ts';
import { countDifference, type Loaded, rowDifference } from './loaded.ts';
import { isOwnStamp } from './publish/own-stamp.ts';
import { describeLoaded } from './put-back.ts';

/**
 * A destination that is made anew (another partitioning) has been loaded beside the old one. Once its counts agree it takes the old
 * one's place: that is removed, and the new one copied there, both under the fence. A crash in between finds out by the copy's id where
 * it was. Throws `LOADED_DIFFERS`, and the old one is as it was; and as `claim` does.
 */
export async function takeItsPlace(
  loaded: Loaded,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<{ facts: DestinationFacts | null; isUntouched: boolean }> {
  const { destination } = deps;
  const { load, job, spec } = loaded;
  const id = placeJobId(job.id);
  const place = (await destination.getCopy(id)) ?? (await replaceOld(loaded, id, deps, signal));
  const state = await recordPublished(load, { attemptId: spec.attemptId, job: place }, deps, signal);
  const isNewestOne = isNewest(state, spec.attemptId);
  if (isNewestOne) await destination.remove(newDestination(load.destination));
  const facts = await describeLoaded(load.destination, deps, signal);
  const isUntouched = isNewestOne && (await isOwnStamp({ load, facts, job: place }, deps));
  return { facts, isUntouched };
}

/** The copy that has put the new table in the old one's place. */
async function replaceOld(
  loaded: Loaded,
  id: string,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<PublishJob> {
  const { destination } = deps;
  const { load, spec, rowsStaged } = loaded;
  const made = newDestination(load.destination);
  const facts = await describeLoaded(made, deps, signal);
  const difference = countDifference(loaded) ?? (facts && rowDifference(load, rowsStaged, facts));
  if (difference) {
    await destination.remove(made);
    throw new LoadError('LOADED_DIFFERS', `${difference} The destination is as it was.`);
  }
  await claim({ load, spec, job: id, kind: 'copy' }, deps, signal);
  if (facts) {
    const dropped = await destination.drop({ id: dropJobId(id), destination: load.destination });
    if (dropped.error) throw new LoadError('OVERTAKEN', `${dropped.id}: ${dropped.error.message}`);
    if (dropped.kind !== 'burnt')
      await destination.copy({ id, source: made, at: null, destination: load.destination });
  }
  const copy = await destination.getCopy(id);
  if (copy) return copy;
  throw new LoadError('OVERTAKEN', `${made.dataset}.${made.table}, which was loaded, is gone.`);
}
