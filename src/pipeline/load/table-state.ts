import { objectNames, type TableRef, tableObjectKey } from '../names/index.ts';
import { NO_STATE, type StateObject, stateObjectSchema } from '../objects/index.ts';
import { type Bucket, keptChanging, readObject, writeObject } from '../ports/index.ts';
import type { LoadDeps } from './load-deps.ts';

/** Twenty that change one object at once are done long before. */
const MAX_TRIES = 200;
const PAUSE_MS = 250;

export interface StateOf {
  sourceId: string;
  table: TableRef;
}

/** `state.json` as it was read; generation null where there is none yet. */
export interface FoundState {
  value: StateObject;
  generation: string | null;
}

export type StateDeps = Pick<LoadDeps, 'bucket' | 'sleep' | 'random'>;

export async function readState(of: StateOf, bucket: Bucket): Promise<FoundState> {
  const found = await readObject(bucket, nameOf(of), stateObjectSchema);
  return found ?? { value: NO_STATE, generation: null };
}

/**
 * False where somebody else has changed it since it was read, also where the reply to our own
 * change was lost.
 */
export function writeState(of: StateOf, { value, generation }: FoundState, bucket: Bucket): Promise<boolean> {
  return writeObject(bucket, { name: nameOf(of), generation, value });
}

/**
 * Changes `state.json` against its generation until it holds. `change` gives null where nothing is
 * to be changed. Throws `STAGE_UNAVAILABLE` where it kept changing.
 */
export async function changeState(
  of: StateOf,
  change: (before: StateObject) => StateObject | null,
  deps: StateDeps,
  signal: AbortSignal,
): Promise<StateObject> {
  return retryingState(of, deps, signal, async ({ value, generation }) => {
    const changed = change(value);
    if (changed === null) return value;
    return (await writeState(of, { value: changed, generation }, deps.bucket)) ? changed : null;
  });
}

/**
 * Reads the state and calls `step` with it, anew as long as it gives null because the state was
 * changed meanwhile.
 */
export async function retryingState<T>(
  of: StateOf,
  deps: StateDeps,
  signal: AbortSignal,
  step: (found: FoundState) => Promise<T | null>,
): Promise<T> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    signal.throwIfAborted();
    const done = await step(await readState(of, deps.bucket));
    if (done !== null) return done;
    await deps.sleep(Math.round(PAUSE_MS * deps.random()), signal);
  }
  throw keptChanging(nameOf(of), MAX_TRIES);
}

/**
 * The next ticket of a table: to be taken before anything of its rows is read. No two callers get
 * the same.
 */
export async function takeTicket(of: StateOf, deps: StateDeps, signal: AbortSignal): Promise<number> {
  const { ticket } = await changeState(
    of,
    (before) => ({ ...before, ticket: before.ticket + 1 }),
    deps,
    signal,
  );
  return ticket;
}

function nameOf({ sourceId, table }: StateOf): string {
  return objectNames(sourceId).state(tableObjectKey(table));
}
