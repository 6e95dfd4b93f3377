import { describe, expect, it } from 'vitest';
import type { WorkDeadline } from '../../../../src/pipeline/ports/engine.ts';
import { remoteFailed } from '../../../support/fakes/staging-engine.ts';
import { setUpLoad } from '../../../support/load-set-up.ts';

const HOUR_MS = 3_600_000;

/** A load with a deadline of eight hours and a clock that the test moves. */
function setUp() {
  const one = setUpLoad();
  let nowMs = Date.parse('2026-01-02T03:04:00.000Z');
  one.deps.deadlineMs = 8 * HOUR_MS;
  one.deps.now = () => new Date(nowMs);
  const pass = (hours: number) => {
    nowMs += hours * HOUR_MS;
  };
  const deadlines: (WorkDeadline | null | undefined)[] = [];
  const { run } = one.engine;
  one.engine.run = (attempt, watch) => {
    deadlines.push(watch.deadline);
    return run(attempt, watch);
  };
  return { ...one, pass, deadlines };
}

describe('the deadline of a load', () => {
  it('counts from its first attempt, through all others, and no new one begins after it', async () => {
    const { run, engine, pass } = setUp();
    engine.failures.push(remoteFailed(), remoteFailed());
    expect(await run()).toMatchObject({ outcome: 'later', nextAttempt: 2 });
    pass(5);
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 })).toMatchObject({
      outcome: 'later',
      nextAttempt: 3,
    });
    pass(3);
    expect(await run({ attemptsBefore: 0, nextAttempt: 3 })).toMatchObject({
      outcome: 'failed',
      attempt: 2,
      row: { status: 'failed', error_code: 'LOAD_DEADLINE', attempts: 2 },
    });
    expect(engine.started).toHaveLength(2);
  });

  it('is given to the engine, which cancels what runs', async () => {
    const { run, deadlines } = setUp();
    await run();
    expect(deadlines).toMatchObject([
      { at: new Date('2026-01-02T11:04:00.000Z'), error: { code: 'LOAD_DEADLINE', isTransient: false } },
    ]);
  });

  it('does not submit a Dataproc job that has a spec and nothing else', async () => {
    const { run, engine, pass, deps } = setUp();
    const { prepare } = engine;
    engine.run = async () => {
      throw new Error('killed');
    };
    await expect(run()).rejects.toThrow('killed');
    pass(8);
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'LOAD_DEADLINE' } });
    expect(deps.engines.dataproc.prepare).toBe(prepare);
    expect(engine.started).toEqual([]);
  });

  it('attaches to a Dataproc job that runs, for its engine to end it and take its outcome', async () => {
    const { run, engine, pass } = setUp();
    const original = engine.run;
    engine.run = async () => {
      throw new Error('killed');
    };
    await expect(run()).rejects.toThrow('killed');
    pass(9);
    engine.probe = async () => ({ state: 'running', remoteJobId: 'x' });
    engine.run = original;
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
  });

  it('publishes a stage that is whole', async () => {
    const { run, destination, pass } = setUp();
    await run();
    destination.jobs.clear();
    pass(9);
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
  });

  it('begins anew with a budget that a person gives', async () => {
    const { run, engine, pass } = setUp();
    engine.failures.push(remoteFailed());
    await run();
    pass(100);
    expect(await run({ attemptsBefore: 1, nextAttempt: 2 })).toMatchObject({ outcome: 'loaded', attempt: 2 });
  });
});
