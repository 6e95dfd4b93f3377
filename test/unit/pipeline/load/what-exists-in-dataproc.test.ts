import { beforeEach, describe, expect, it } from 'vitest';
import { createDataprocEngine } from '../../../../src/engines/dataproc/dataproc-engine.ts';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { attemptName, dataprocJobId, objectNames, sha256Hex } from '../../../../src/pipeline/names/index.ts';
import type { RemoteJob } from '../../../../src/pipeline/ports/remote-jobs.ts';
import { createMemoryRemoteJobs } from '../../../support/fakes/memory-remote-jobs.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';

/**
 * The state machine with the real Dataproc engine over jobs in memory. A job runs until `happens`
 * makes something of it.
 */
function setUp() {
  const one = setUpLoad();
  let nowMs = Date.parse('2026-01-02T03:04:00.000Z');
  const now = () => new Date(nowMs);
  const remoteJobs = createMemoryRemoteJobs(now);
  const { submit } = remoteJobs;
  remoteJobs.submit = (request) => submit({ ...request, args: ['sleep'] });
  const staging = one.engine;
  let happens: () => Promise<void> | void = () => undefined;
  one.deps.now = now;
  const engine = createDataprocEngine({
    bucket: one.bucket,
    remoteJobs,
    sourceId: load.sourceId,
    scriptDir: 'spark',
    driverJar: async () => 'package.json',
    deadlineMs: 600_000,
    queueLimitMs: 120_000,
    now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      nowMs += ms;
      await happens();
    },
  });
  one.deps.engines = { ...one.deps.engines, dataproc: engine };
  const name = attemptName(load.loadId, 1);
  const id = dataprocJobId(load.sourceId, name);
  const put = (changes: Partial<RemoteJob>) => {
    const found = remoteJobs.jobs.get(id);
    if (found) remoteJobs.jobs.set(id, { ...found, ...changes });
  };
  const names = objectNames(load.sourceId);
  const stageRows = async () => {
    const bytes = one.bucket.objects.get(names.spec(name))?.bytes ?? Buffer.from('{}');
    const attempt = { spec: JSON.parse(String(bytes)), specSha256: sha256Hex(bytes) };
    await staging.run(attempt, { signal: one.controller.signal, report: async () => undefined });
  };
  const tell = (error: { code: string }) => {
    const told = { version: 1, attemptId: name, class: 'X', errno: null, sqlState: null, message: 'm' };
    const bytes = Buffer.from(JSON.stringify({ ...told, specSha256: null, endedAt: 'x', ...error }));
    one.bucket.objects.set(names.attemptError(name), { bytes, generation: 1 });
  };
  return {
    ...one,
    remoteJobs,
    id,
    put,
    stageRows,
    tell,
    when: (what: typeof happens) => {
      happens = what;
    },
  };
}

let world: ReturnType<typeof setUp>;
beforeEach(() => {
  world = setUp();
});
const succeeds = async () => {
  await world.stageRows();
  world.put({ state: 'done', vendorState: 'DONE' });
};
/** Dies as soon as the Dataproc job runs. */
const dieWhileReading = async () => {
  world.when(() => {
    throw new Error('killed');
  });
  await expect(world.run()).rejects.toThrow('killed');
  expect(world.remoteJobs.submitted).toHaveLength(1);
};

describe('what exists for the highest attempt: in Dataproc', () => {
  it('spec, no Dataproc job: submit it', async () => {
    const { submit } = world.remoteJobs;
    world.remoteJobs.submit = async () => {
      throw new LoadError('DATAPROC_UNAVAILABLE', 'killed before the call');
    };
    await expect(world.run()).rejects.toMatchObject({ code: 'DATAPROC_UNAVAILABLE' });
    world.remoteJobs.submit = submit;
    world.when(succeeds);
    expect(await world.run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(world.remoteJobs.submitted.map(({ id }) => id)).toEqual([world.id]);
  });

  it('Dataproc job running: attach, wait', async () => {
    await dieWhileReading();
    world.when(succeeds);
    expect(await world.run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(world.remoteJobs.submitted).toHaveLength(1);
  });

  it('Dataproc job done, and its manifest is there: publish, without asking Dataproc again', async () => {
    await dieWhileReading();
    await succeeds();
    world.remoteJobs.get = async () => {
      throw new LoadError('DATAPROC_UNAVAILABLE', 'away');
    };
    expect(await world.run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
  });

  it.each<[string, () => void, string]>([
    ['done without manifest', () => world.put({ state: 'done' }), 'REMOTE_FAILED'],
    ['failed without a word', () => world.put({ state: 'failed' }), 'REMOTE_FAILED'],
    [
      'failed: the driver was killed for its memory',
      () =>
        world.put({
          state: 'failed',
          details: 'exited with 143 code, which potentially signifies a memory pressure',
        }),
      'SPARK_OUT_OF_MEMORY',
    ],
    [
      'failed: the agent or the cluster went away',
      () => world.put({ state: 'failed', details: 'Task not found' }),
      'CLUSTER_LOST',
    ],
    ['cancelled, by someone else', () => world.put({ state: 'cancelled' }), 'REMOTE_CANCELLED'],
    ['past its deadline, cancelled by us', () => undefined, 'REMOTE_DEADLINE'],
    ['without a place on the cluster, cancelled by us', () => world.put({ state: 'queued' }), 'CLUSTER_FULL'],
    [
      'failed with an error of the driver that may pass',
      () => {
        world.tell({ code: 'NULL_TOKEN_COLLISION' });
        world.put({ state: 'failed' });
      },
      'NULL_TOKEN_COLLISION',
    ],
  ])('Dataproc job %s: attempt n + 1', async (_, happens, code) => {
    const { cancel } = world.remoteJobs;
    world.remoteJobs.cancel = async (id) => {
      world.when(() => undefined);
      return cancel(id);
    };
    world.when(happens);
    expect(await world.run()).toMatchObject({ outcome: 'later', nextAttempt: 2, error: { code } });
    world.when(() => {
      throw new Error('the second attempt has begun');
    });
    await expect(world.run({ attemptsBefore: 0, nextAttempt: 2 })).rejects.toThrow(
      'the second attempt has begun',
    );
  });

  it('Dataproc job failed with an error of the driver that stays: fail with it', async () => {
    world.when(() => {
      world.tell({ code: 'POLICY_VIOLATION' });
      world.put({ state: 'failed' });
    });
    expect(await world.run()).toMatchObject({ outcome: 'failed', row: { error_code: 'POLICY_VIOLATION' } });
  });

  it('Dataproc job failed, the budget used up: fail with its error', async () => {
    world.deps.maxAttempts = 1;
    world.when(() => world.put({ state: 'failed', details: 'Task not found' }));
    expect(await world.run()).toMatchObject({
      outcome: 'failed',
      row: { error_code: 'CLUSTER_LOST', attempts: 1 },
    });
  });

  it('Dataproc job that is gone while it was waited for: no attempt is used, and it is submitted again', async () => {
    world.when(() => void world.remoteJobs.jobs.delete(world.id));
    await expect(world.run()).rejects.toMatchObject({ code: 'CLUSTER_LOST' });
    world.when(succeeds);
    expect(await world.run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(world.remoteJobs.submitted.map(({ id }) => id)).toEqual([world.id, world.id]);
  });

  it.each(['DATAPROC_QUOTA', 'DATAPROC_UNAVAILABLE', 'CLUSTER_STARTING'] as const)(
    'no Dataproc job because of %s: no attempt is used',
    async (code) => {
      const { submit } = world.remoteJobs;
      world.remoteJobs.submit = async () => {
        throw new LoadError(code, 'x');
      };
      await expect(world.run()).rejects.toMatchObject({ code, isTransient: true });
      world.remoteJobs.submit = submit;
      world.when(succeeds);
      expect(await world.run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    },
  );

  it.each(['CLUSTER_STOPPED', 'CLUSTER_MISSING', 'DATAPROC_DENIED', 'DATAPROC_INVALID'] as const)(
    'no Dataproc job because of %s: fail',
    async (code) => {
      world.remoteJobs.submit = async () => {
        throw new LoadError(code, 'x');
      };
      expect(await world.run()).toMatchObject({ outcome: 'failed', row: { error_code: code } });
    },
  );

  it('Dataproc job of our name that is not ours: fail', async () => {
    await dieWhileReading();
    world.put({ labels: { spec: 'another' } });
    expect(await world.run()).toMatchObject({ outcome: 'failed', row: { error_code: 'NAME_TAKEN' } });
  });
});
