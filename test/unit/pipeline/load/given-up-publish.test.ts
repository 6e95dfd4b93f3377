import { beforeEach, describe, expect, it } from 'vitest';
import { cancelLoad } from '../../../../src/pipeline/load/cancel-load.ts';
import { settleLoad } from '../../../../src/pipeline/load/settle-load.ts';
import { readState, writeState } from '../../../../src/pipeline/load/table-state.ts';
import { gone, held, M, N, setUpFence } from '../../../support/fence-set-up.ts';
import { FRESH } from '../../../support/load-set-up.ts';

const partitioning = { column: 'c', granularity: 'DAY' as const };
const remade = { ...N, tableOptions: { ...N.tableOptions, partitioning, recreate: true } };
const watch = { signal: new AbortController().signal, report: async () => undefined };
let set: ReturnType<typeof setUpFence>;

/** N lies beside the destination, and was overtaken by M as it was about to take its place. */
beforeEach(async () => {
  set = setUpFence();
  const { destination, run } = set;
  gone(destination);
  const pause = held(destination, 'drop');
  const late = run(FRESH, remade);
  await pause.reached;
  await run(FRESH, M);
  pause.release();
  expect(await late).toMatchObject({ outcome: 'later', nextAttempt: 2, error: { code: 'OVERTAKEN' } });
});

describe('a load whose rows lie beside the destination, and that is to read again', () => {
  it('can be cancelled while it waits for that', async () => {
    const cancelled = await cancelLoad({ load: remade, nextAttempt: 2, reason: 'person' }, set.deps, watch);
    expect(cancelled).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } });
  });

  it('ends where nobody works on it any more', async () => {
    const state = await readState(remade, set.deps.bucket);
    const { published } = state.value;
    if (!published) throw new Error('M was not published');
    // As if M had the smaller ticket, and had been whole after N took its own.
    const value = { ...state.value, published: { ...published, ticket: 0, asOf: 99 } };
    await writeState(remade, { ...state, value }, set.deps.bucket);
    const { row } = await settleLoad({ load: remade, why: 'killed' }, set.deps, watch);
    expect(row).toMatchObject({ status: 'failed', error_code: 'OVERTAKEN' });
  });
});
