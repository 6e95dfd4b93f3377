import { expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { attemptName } from '../../../../src/pipeline/names/index.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';

it('never begins what another process may have begun to read itself: the next attempt reads, at once', async () => {
  const { run, engine } = setUpLoad('direct');
  const { run: stage } = engine;
  engine.run = async () => {
    throw new Error('killed');
  };
  engine.probe = async () => ({ state: 'nothing' });
  await expect(run()).rejects.toThrow('killed');
  engine.run = stage;
  const lost = { outcome: 'later', delayMs: 0, error: { code: 'READER_LOST' } };
  expect(await run()).toMatchObject({ ...lost, nextAttempt: 2, spared: 1, interruptions: 1 });
  expect(await run({ nextAttempt: 2, spared: 1, interruptions: 1 })).toMatchObject({
    outcome: 'loaded',
    attempt: 2,
    row: { engine: 'direct', engine_reason: 'setting', dataproc_job_id: null, attempts: 2 },
  });
  expect(engine.started).toEqual([attemptName(load.loadId, 2)]);
});

it('attaches to a reader of its own process that still reads', async () => {
  const { run, engine } = setUpLoad('direct');
  const { run: stage } = engine;
  engine.run = async () => {
    throw new Error('handed back');
  };
  engine.probe = async () => ({ state: 'running', remoteJobId: null });
  await expect(run()).rejects.toThrow('handed back');
  engine.run = stage;
  expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
});

it('fails of what the attempt has told before its worker died, and reads nothing again', async () => {
  const { run, engine } = setUpLoad('direct');
  engine.run = async () => {
    throw new Error('killed');
  };
  await expect(run()).rejects.toThrow('killed');
  engine.probe = async () => ({ state: 'ended', remoteJobId: null });
  engine.run = async () => {
    throw new LoadError('POLICY_VIOLATION', 'told in error.json');
  };
  expect(await run()).toMatchObject({ outcome: 'failed', attempt: 1, error: { code: 'POLICY_VIOLATION' } });
});

it('uses an attempt up where the reader dies beside its worker: it may have died of the table', async () => {
  const { run, engine } = setUpLoad('direct');
  engine.failures.push(...[1, 2, 3].map(() => new LoadError('READER_LOST', 'the thread has ended')));
  expect(await run()).toMatchObject({ outcome: 'later', delayMs: 30_000, nextAttempt: 2, spared: 0 });
  expect(await run({ nextAttempt: 2 })).toMatchObject({ outcome: 'later', nextAttempt: 3 });
  expect(await run({ nextAttempt: 3 })).toMatchObject({ outcome: 'failed', attempt: 3 });
});
