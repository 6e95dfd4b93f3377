import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { cancelLoad } from '../../../../src/pipeline/load/cancel-load.ts';
import { judge } from '../../../../src/pipeline/load/fence-rules.ts';
import type { LoadObject } from '../../../../src/pipeline/objects/load.ts';
import { away, held, M, N, NEVER, setUpFence } from '../../../support/fence-set-up.ts';
import { FRESH } from '../../../support/load-set-up.ts';

describe('the rule of the fence', () => {
  const published = {
    ticket: 5,
    asOf: 7,
    attemptId: 'x-a1',
    job: 'j',
    rows: 1,
    endedAt: null,
    isPutBack: false,
  };
  const state = { version: 1 as const, ticket: 9, intent: null, published };
  it.each([
    [4, {}, 'superseded'],
    [6, {}, 'overtaken'],
    [7, {}, 'overtaken'],
    [8, {}, 'free'],
    // Of an older version, which took no ticket.
    [0, {}, 'superseded'],
    [0, { ticket: 0, asOf: 0 }, 'free'],
    [4, { isPutBack: true }, 'overtaken'],
    [4, { attemptId: 'own' }, 'free'],
  ])('a ticket of %i after one of 5 as of 7 (%j): %s', (ticket, changes, is) => {
    const judged = judge({ ...state, published: { ...published, ...changes } }, { ticket, attemptId: 'own' });
    expect(judged.is).toBe(is);
  });
  it('is free where nothing was published', () => {
    expect(judge({ ...state, published: null }, { ticket: 0, attemptId: 'own' })).toEqual({ is: 'free' });
  });
});

describe('an older stage', () => {
  it('is superseded where a newer one was published while it was set back', async () => {
    const { run, destination, rowsOf, state } = setUpFence();
    away(destination);
    await expect(run(FRESH, N)).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
    const late = await run(FRESH, N);
    expect(late).toMatchObject({
      outcome: 'superseded',
      attempt: 1,
      dataObjects: [expect.stringContaining(N.loadId)],
      row: { status: 'superseded', run_id: N.runId, error_code: null, attempts: 1, rows_loaded: null },
    });
    expect(late).toMatchObject({ row: { error_message: expect.stringContaining(M.runId) } });
    expect(rowsOf()).toContain(M.loadId);
    expect(destination.published).toHaveLength(1);
    expect(await state()).toMatchObject({
      intent: null,
      published: { attemptId: `${M.loadId}-a1`, ticket: 2 },
    });
  });

  it('is published where nothing newer was, though a newer load has begun', async () => {
    const { run, destination, engine, rowsOf } = setUpFence();
    away(destination);
    await expect(run(FRESH, N)).rejects.toThrow();
    engine.failures.push(new LoadError('DATAPROC_UNAVAILABLE', 'away'));
    await expect(run(FRESH, M)).rejects.toThrow();
    expect(await run(FRESH, N)).toMatchObject({ outcome: 'loaded', attempt: 1 });
    // It was whole before the newer load took its ticket: that one's rows are newer for sure.
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(rowsOf()).toContain(M.loadId);
  });

  it('cannot be published by a worker that was paused between its check and its insert', async () => {
    const { run, destination, rowsOf } = setUpFence();
    const pause = held(destination);
    const late = run(FRESH, N);
    await pause.reached;
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
    pause.release();
    expect(await late).toMatchObject({ outcome: 'superseded' });
    expect(rowsOf()).toContain(M.loadId);
    expect(destination.published).toHaveLength(1);
  });

  it('is read again where nobody knows whether it is older: it was read while the other was', async () => {
    const { run, engine, destination, rowsOf } = setUpFence();
    const stage = engine.run;
    let whole: Promise<unknown> = Promise.resolve();
    // The older load ends to read only when the newer one has begun, and publishes before it.
    engine.run = async (attempt, watch) => {
      engine.run = async (...newer) => {
        await stage(...newer);
        engine.run = stage;
        release.resolve();
        await whole;
      };
      await release.promise;
      return stage(attempt, watch);
    };
    const release = Promise.withResolvers<void>();
    whole = run(FRESH, N);
    await Promise.resolve();
    const [first, second] = await Promise.all([whole, run(FRESH, M)]);
    expect(first).toMatchObject({ outcome: 'loaded' });
    expect(second).toMatchObject({ outcome: 'later', nextAttempt: 2, error: { code: 'OVERTAKEN' } });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 }, M)).toMatchObject({
      outcome: 'loaded',
      attempt: 2,
    });
    expect(rowsOf()).toContain(`${M.loadId}-a2`);
    expect(destination.published).toHaveLength(2);
  });

  it('has a ticket of its own for each attempt, so a later attempt of the older load is the newer one', async () => {
    const { run, destination, rowsOf } = setUpFence();
    away(destination);
    await expect(run(FRESH, N)).rejects.toThrow();
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
    expect(await run({ attemptsBefore: 1, nextAttempt: 2 }, N)).toMatchObject({
      outcome: 'loaded',
      attempt: 2,
    });
    expect(rowsOf()).toContain(`${N.loadId}-a2`);
  });
});

describe('an intent of somebody else', () => {
  it('that BigQuery runs is waited for and recorded, by whoever comes', async () => {
    const { run, destination, state } = setUpFence();
    const { publish, getPublish } = destination;
    let isRunning = false;
    destination.publish = async (request) => {
      await publish(request);
      isRunning = true;
      throw new LoadError('DESTINATION_UNAVAILABLE', 'the answer was lost');
    };
    await expect(run(FRESH, N)).rejects.toThrow();
    destination.publish = publish;
    let asked = 0;
    destination.getPublish = async (id) => {
      const job = await getPublish(id);
      if (!job || !isRunning || !id.includes(N.loadId)) return job;
      asked += 1;
      isRunning = asked < 3;
      return { ...job, state: 'running', outputRows: null };
    };
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded' });
    expect(asked).toBe(3);
    expect(destination.published.map(({ id }) => id.includes(M.loadId))).toEqual([false, true]);
    // The older load finds that it was published, and tells history so; the table is not as it left
    // it.
    const before = await state();
    expect(await run(FRESH, N)).toMatchObject({ outcome: 'loaded', row: { destination_modified: null } });
    expect(await state()).toEqual(before);
  });

  it('that has read later stays: who has read before it reads again, and of two that wait for each other one publishes', async () => {
    const { run, destination, engine, rowsOf } = setUpFence();
    away(destination, 2);
    await expect(run(FRESH, N)).rejects.toThrow();
    // The newer one uses the older one's id up, and cannot publish either.
    await expect(run(FRESH, M)).rejects.toThrow();
    expect((await destination.getPublish(`test-${N.loadId}-a1-p1`))?.kind).toBe('burnt');
    expect(await run(FRESH, N)).toMatchObject({
      outcome: 'later',
      nextAttempt: 2,
      error: { code: 'OVERTAKEN' },
    });
    expect(await run(FRESH, M)).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 }, N)).toMatchObject({
      outcome: 'loaded',
      attempt: 2,
    });
    expect(engine.started).toHaveLength(3);
    expect(rowsOf()).toContain(N.loadId);
  });
});

describe('a load that was cancelled', () => {
  const cancel = (parts: ReturnType<typeof setUpFence>, what: LoadObject) =>
    cancelLoad({ load: what, nextAttempt: 0, reason: 'person' }, parts.deps, {
      signal: NEVER,
      report: async () => undefined,
    });

  it('is not published by a job that an older copy of Redis brings back, but by a retry of a person', async () => {
    const parts = setUpFence();
    const { run, destination, engine } = parts;
    away(destination);
    await expect(run(FRESH, N)).rejects.toThrow();
    expect(await cancel(parts, N)).toMatchObject({
      outcome: 'failed',
      error: { code: 'CANCELLED' },
      nextAttempt: 2,
    });
    for (const nextAttempt of [0, 1])
      expect(await run({ attemptsBefore: 0, nextAttempt }, N)).toMatchObject({
        outcome: 'failed',
        row: { status: 'cancelled' },
      });
    expect(destination.published).toHaveLength(0);
    expect(await run({ attemptsBefore: 1, nextAttempt: 2 }, N)).toMatchObject({
      outcome: 'loaded',
      attempt: 2,
    });
    expect(engine.started).toHaveLength(2);
  });

  it('before its first attempt begins none, whoever was about to', async () => {
    const parts = setUpFence();
    expect(await cancel(parts, N)).toMatchObject({ attempt: 0, nextAttempt: 2 });
    expect(await parts.run(FRESH, N)).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } });
    expect(parts.engine.started).toEqual([]);
  });

  it('is not published by a worker that was about to insert', async () => {
    const parts = setUpFence();
    const pause = held(parts.destination);
    const late = parts.run(FRESH, N);
    await pause.reached;
    expect(await cancel(parts, N)).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } });
    pause.release();
    expect(await late).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } });
    expect(parts.destination.published).toHaveLength(0);
  });
});
