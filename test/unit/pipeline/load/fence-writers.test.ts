import { describe, expect, it } from 'vitest';
import { restoreUnderFence } from '../../../../src/pipeline/load/restore-table.ts';
import { away, gone, held, M, N, NEVER, setUpFence } from '../../../support/fence-set-up.ts';
import { FRESH, load } from '../../../support/load-set-up.ts';

describe('what changes a destination beside a publish', () => {
  it('undoes no newer publish', async () => {
    const { run, destination, rowsOf } = setUpFence();
    gone(destination);
    destination.wrongRows = 1;
    const { getCopy } = destination;
    let newer: unknown;
    destination.getCopy = async (id) => {
      destination.getCopy = getCopy;
      destination.wrongRows = null;
      newer = await run(FRESH, M);
      return getCopy(id);
    };
    const differs = await run(FRESH, N);
    expect(newer).toMatchObject({ outcome: 'loaded' });
    expect(differs).toMatchObject({
      error: { code: 'LOADED_DIFFERS', message: expect.stringContaining('was left as it is') },
    });
    expect(destination.copied).toEqual([]);
    expect(rowsOf()).toContain(M.loadId);
  });

  it('lets an older load read again where what had superseded it was put back', async () => {
    const { run, destination } = setUpFence();
    gone(destination);
    away(destination);
    await expect(run(FRESH, N)).rejects.toThrow();
    destination.wrongRows = 1;
    expect(await run(FRESH, M)).toMatchObject({ error: { code: 'LOADED_DIFFERS' } });
    destination.wrongRows = null;
    expect(await run(FRESH, N)).toMatchObject({ outcome: 'later', error: { code: 'OVERTAKEN' } });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 }, N)).toMatchObject({ outcome: 'loaded' });
  });

  it('is superseded too where it makes a table anew: the newer one stays', async () => {
    const { run, destination } = setUpFence();
    gone(destination);
    const partitioning = { column: 'c', granularity: 'DAY' as const };
    const remade = { ...N, tableOptions: { ...N.tableOptions, partitioning, recreate: true } };
    const pause = held(destination, 'drop');
    const late = run(FRESH, remade);
    await pause.reached;
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
    pause.release();
    expect(await late).toMatchObject({ outcome: 'later', error: { code: 'OVERTAKEN' } });
    expect(await run(FRESH, remade)).toMatchObject({ outcome: 'superseded' });
    expect(destination.tables.get('s.t')).toMatchObject({ rows: 2, partitioning: null });
  });

  it('restore: a load that had read before it does not publish over it', async () => {
    const { run, destination, deps, state } = setUpFence();
    gone(destination);
    away(destination);
    await expect(run(FRESH, N)).rejects.toThrow();
    const of = {
      sourceId: load.sourceId,
      table: load.table,
      destination: load.destination,
      id: 'test-restore-1',
    };
    expect(await restoreUnderFence({ ...of, at: new Date(1) }, deps, NEVER)).toBe(true);
    expect(await run(FRESH, N)).toMatchObject({
      outcome: 'superseded',
      row: { error_message: expect.stringContaining('restore') },
    });
    expect(destination.published).toHaveLength(0);
    expect(await state()).toMatchObject({ intent: null, published: { job: 'test-restore-1' } });
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
  });
});
