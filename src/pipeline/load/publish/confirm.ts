import { LoadError } from '../../errors/index.ts';
import { isBeside } from '../../mapping/index.ts';
import { putBackJobId } from '../../names/index.ts';
import type { DestinationFacts } from '../../ports/index.ts';
import { type FenceDeps, isNewest, recordPublished } from '../fence.ts';
import { countDifference, type Loaded, rowDifference } from '../loaded.ts';
import { describeLoaded, putBack } from '../put-back.ts';
import { readState } from '../table-state.ts';
import { takeItsPlace } from '../take-its-place.ts';
import { isOwnStamp } from './own-stamp.ts';

/**
 * Compares what BigQuery loaded with what was staged, by the job's own count and the table's. A difference puts the
 * table back from time travel and throws `LOADED_DIFFERS`. Returns the table as it is now, and whether it is as the publish
 * left it: what somebody has changed since, the next verify sees as a difference and loads.
 */
export async function confirmLoaded(
  loaded: Loaded,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<{ facts: DestinationFacts | null; isUntouched: boolean }> {
  const { load, job, rowsStaged, spec } = loaded;
  if (isBeside(job, load.destination)) return takeItsPlace(loaded, deps, signal);
  const facts = await describeLoaded(load.destination, deps, signal);
  const { dataset, table } = load.destination;
  if (await deps.destination.getCopy(putBackJobId(job.id)))
    throw new LoadError(
      'LOADED_DIFFERS',
      `${dataset}.${table} was put back after ${job.id}, whose count differed.`,
    );
  const isNewestOne = isNewest((await readState(load, deps.bucket)).value, spec.attemptId);
  const isUntouched = isNewestOne && (await isOwnStamp({ load, facts, job }, deps));
  const difference = countDifference(loaded) ?? (isUntouched ? rowDifference(load, rowsStaged, facts) : null);
  if (difference) {
    const done = await putBack({ loaded, isUntouched: isUntouched || !facts }, deps, signal);
    throw new LoadError('LOADED_DIFFERS', `${difference} ${done}`);
  }
  await recordPublished(load, { attemptId: spec.attemptId, job }, deps, signal);
  return { facts, isUntouched };
}
