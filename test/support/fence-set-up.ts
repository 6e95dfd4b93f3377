import { LoadError } from '../../src/pipeline/errors/load-error.ts';
import { readState } from '../../src/pipeline/load/table-state.ts';
import { loadName } from '../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../src/pipeline/objects/load.ts';
import type { PublishRequest } from '../../src/pipeline/ports/destination.ts';
import { facts, type MemoryDestination } from './fakes/memory-destination.ts';
import { load, setUpLoad } from './load-set-up.ts';

const other = (runId: string): LoadObject => ({ ...load, runId, loadId: loadName(runId, load.table) });
/** Two loads of one table, the older and the newer. */
export const [N, M] = [other('20260102T030000Z'), other('20260103T030000Z')];

export function setUpFence() {
  const parts = setUpLoad();
  const { destination, bucket } = parts;
  /** The load whose rows the destination has, and whether they were published last. */
  const rowsOf = () => destination.published.at(-1)?.uris[0] ?? '';
  const state = async () => (await readState(load, bucket)).value;
  return { ...parts, rowsOf, state };
}

/** Holds the first publish that is asked for where BigQuery has not got it yet. */
export function held(destination: MemoryDestination, what: 'publish' | 'drop' = 'publish') {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const call = destination[what] as (request: never) => Promise<never>;
  const first = async (request: never) => {
    Object.assign(destination, { [what]: call });
    reached.resolve();
    await gate.promise;
    return call(request);
  };
  Object.assign(destination, { [what]: first });
  return { reached: reached.promise, release: gate.resolve };
}

/** BigQuery answers the next publish with 503, and has not taken it. */
export function away(destination: MemoryDestination, times = 1) {
  const { publish } = destination;
  let left = times;
  destination.publish = async (request: PublishRequest) => {
    left -= 1;
    if (left < 0) return publish(request);
    throw new LoadError('DESTINATION_UNAVAILABLE', 'BigQuery: 503');
  };
}

export const NEVER = new AbortController().signal;

/** A destination of nine rows, which time travel has as well. */
export function gone(destination: MemoryDestination): void {
  const before = facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 9, '2026-01-01T00:00:00.000Z');
  destination.tables.set('s.t', before);
  destination.past.push({ table: 's.t', since: 0, facts: before });
}
