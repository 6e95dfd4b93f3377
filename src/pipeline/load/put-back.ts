import { toLoadError } from '../errors/index.ts';
import { dropJobId, putBackJobId } from '../names/index.ts';
import type { DestinationRef } from '../objects/index.ts';
import { askAgain, type DestinationFacts } from '../ports/index.ts';
import { claim, type FenceDeps, recordPublished, Superseded } from './fence.ts';
import type { LoadDeps } from './load-deps.ts';
import type { Loaded } from './loaded.ts';

/** A table that was just written; null where it is gone. */
export function describeLoaded(
  table: DestinationRef,
  { destination, sleep }: Pick<LoadDeps, 'destination' | 'sleep'>,
  signal: AbortSignal,
): Promise<DestinationFacts | null> {
  return askAgain(
    () => destination.describe(table),
    (ms) => sleep(ms, signal),
  );
}

const LEFT = 'It has been changed since, and was left as it is.';

/**
 * Undoes a publish by time travel; a table that it made is removed. What somebody has put there since stays. Returns what was
 * done, as a sentence.
 */
export async function putBack(
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
