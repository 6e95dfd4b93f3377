import { LoadError, toLoadError } from '../../errors/index.ts';
import { isBeside, newDestination } from '../../mapping/index.ts';
import { dropJobId, placeJobId, putBackJobId } from '../../names/index.ts';
import type { DestinationRef, LoadObject, PublishObject, Spec } from '../../objects/index.ts';
import { askAgain, type DestinationFacts, type PublishJob } from '../../ports/index.ts';
import { claim, type FenceDeps, isNewest, recordPublished, Superseded } from '../fence.ts';
import { readState } from '../table-state.ts';
import { isOwnStamp } from './own-stamp.ts';

/** A publish that BigQuery says has succeeded. */
export interface Loaded {
  load: LoadObject;
  /** Of the attempt that was published. */
  spec: Pick<Spec, 'ticket' | 'attemptId' | 'attemptNumber'>;
  job: PublishJob;
  rowsStaged: number;
  /** What `publish.json` says of the destination before. */
  before: PublishObject['before'];
}

/** The table as it is now, and whether it is as the publish left it. */
export interface Confirmed {
  facts: DestinationFacts | null;
  /** False: somebody has changed it since. The next verify sees a difference, and loads. */
  isUntouched: boolean;
}

/**
 * Compares what BigQuery loaded with what was staged, by the job's own count and the table's. A
 * difference puts the table back from time travel and throws `LOADED_DIFFERS`.
 */
export async function confirmLoaded(
  loaded: Loaded,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<Confirmed> {
  const { load, job, rowsStaged, spec } = loaded;
  if (isBeside(job, load.destination)) return swapInRebuilt(loaded, deps, signal);
  const facts = await describeLoaded(load.destination, deps, signal);
  if (await deps.destination.getCopy(putBackJobId(job.id)))
    throw new LoadError(
      'LOADED_DIFFERS',
      `The destination was put back after ${job.id}, whose count differed.`,
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

const labelOf = ({ dataset, table }: DestinationRef) => `${dataset}.${table}`;

/** By the job's own count. */
function countDifference({ job, rowsStaged }: Loaded): string | null {
  if (job.outputRows === rowsStaged) return null;
  return `BigQuery loaded ${job.outputRows} of ${rowsStaged} staged rows with ${job.id}.`;
}

/**
 * By the rows that the table has. Where people let its partitions expire, rows that are older are
 * gone as soon as they are loaded.
 */
function rowDifference(
  { destination }: LoadObject,
  rowsStaged: number,
  facts: DestinationFacts | null,
): string | null {
  if (!facts || facts.rows === rowsStaged) return null;
  if (facts.doPartitionsExpire && facts.rows < rowsStaged) return null;
  return `${labelOf(destination)} holds ${facts.rows} rows after ${rowsStaged} were loaded.`;
}

/** A table that was just written; null where it is gone. */
function describeLoaded(
  table: DestinationRef,
  { destination, sleep }: FenceDeps,
  signal: AbortSignal,
): Promise<DestinationFacts | null> {
  return askAgain(
    () => destination.describe(table),
    (ms) => sleep(ms, signal),
  );
}

const LEFT = 'It has been changed since, and was left as it is.';

/**
 * Undoes a publish by time travel; a table that it made is removed. What somebody has put there
 * since stays. Returns what was done, as a sentence.
 */
async function putBack(
  { loaded, isUntouched }: { loaded: Loaded; isUntouched: boolean },
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<string> {
  const { load, spec, job } = loaded;
  if (!job.startedAt) return 'It was left as it is.';
  if (!isUntouched) return LEFT;
  const id = putBackJobId(job.id);
  try {
    await claim({ load, spec, job: id, kind: 'put-back' }, deps, signal);
    return await undo(loaded, { id, startedAt: job.startedAt }, deps, signal);
  } catch (thrown) {
    if (thrown instanceof Superseded || toLoadError(thrown).code === 'OVERTAKEN') return LEFT;
    throw thrown;
  }
}

async function undo(
  { load, spec, before }: Loaded,
  { id, startedAt }: { id: string; startedAt: string },
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<string> {
  const { destination } = deps;
  const { attemptId } = spec;
  const table = load.destination;
  if (before === null) {
    const job = await destination.drop({ id: dropJobId(id), destination: table });
    if (job.kind === 'burnt') return LEFT;
    await recordPublished(load, { attemptId, job }, deps, signal);
    return 'It was removed, as it had not been there before.';
  }
  const at = new Date(Date.parse(startedAt) - 1);
  const isBack = await destination.copy({ id, source: table, at, destination: table });
  const copy = isBack ? await destination.getCopy(id) : null;
  if (!isBack || !copy)
    return `It could not be put back: BigQuery does not have it as of ${at.toISOString()}.`;
  await recordPublished(load, { attemptId, job: copy }, deps, signal);
  return 'It was put back to what it was.';
}

/**
 * A rebuilt destination (another partitioning) was loaded beside the old one. Once its counts
 * agree, the old one is removed and the new one copied to its place, both under the fence. After a
 * crash in between, the copy's id tells how far that got. Throws `LOADED_DIFFERS`, and the old one
 * is as it was; and as `claim` does.
 */
async function swapInRebuilt(loaded: Loaded, deps: FenceDeps, signal: AbortSignal): Promise<Confirmed> {
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
  throw new LoadError('OVERTAKEN', `${labelOf(made)}, which was loaded, is gone.`);
}
