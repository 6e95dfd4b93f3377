import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDataprocEngine } from '../../../src/engines/dataproc/dataproc-engine.ts';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { dataprocJobId, objectNames } from '../../../src/pipeline/names/index.ts';
import type { EngineAttempt, EngineProgress } from '../../../src/pipeline/ports/engine.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { RemoteJob } from '../../../src/pipeline/ports/remote-jobs.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { createMemoryRemoteJobs, type MemoryRemoteJobs } from '../../support/fakes/memory-remote-jobs.ts';
import { specOf } from '../../support/samples.ts';

const DEADLINE_MS = 600_000;
const QUEUE_LIMIT_MS = 120_000;
let clockMs: number;
let remoteJobs: MemoryRemoteJobs;
let bucket: ReturnType<typeof createMemoryBucket>;
let progress: EngineProgress[];
/** What a job does while the engine sleeps. */
let onSleep: () => void;

const attempt: EngineAttempt = { spec: specOf(), specSha256: 'ab'.repeat(32) };
const id = dataprocJobId(attempt.spec.sourceId, attempt.spec.attemptId);
const watch = () => ({
  signal: new AbortController().signal,
  report: async (one: EngineProgress) => void progress.push(one),
});

function open() {
  return createDataprocEngine({
    bucket,
    remoteJobs,
    sourceId: attempt.spec.sourceId,
    scriptDir: join(import.meta.dirname, '..', '..', '..', 'spark'),
    driverJar: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'adutora-jar-'));
      await writeFile(join(folder, 'driver.jar'), 'jar');
      onTestFinished(() => rm(folder, { recursive: true }));
      return join(folder, 'driver.jar');
    },
    deadlineMs: DEADLINE_MS,
    queueLimitMs: QUEUE_LIMIT_MS,
    now: () => new Date(clockMs),
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      clockMs += ms;
      onSleep();
    },
  });
}

const put = (changes: Partial<RemoteJob>) => {
  const job = remoteJobs.jobs.get(id);
  if (job) remoteJobs.jobs.set(id, { ...job, ...changes });
};
const done = () => put({ state: 'done', vendorState: 'DONE' });

beforeEach(() => {
  clockMs = Date.parse('2026-01-02T03:00:00Z');
  bucket = createMemoryBucket();
  remoteJobs = createMemoryRemoteJobs(() => new Date(clockMs));
  progress = [];
  onSleep = done;
  // Every job of the engine's runs until a test ends it.
  const { submit } = remoteJobs;
  remoteJobs.submit = (request) => submit({ ...request, args: ['sleep', ...request.args] });
});

describe('the Dataproc engine', () => {
  it('submits under the name of the attempt, with what Spark must not do by itself', async () => {
    const engine = open();
    expect(await engine.probe(attempt)).toEqual({ state: 'nothing' });
    await engine.run(attempt, watch());
    expect(remoteJobs.submitted).toHaveLength(1);
    expect(remoteJobs.submitted[0]).toMatchObject({
      id,
      labels: { attempt: 'a1', spec: 'ab'.repeat(16) },
      properties: {
        'spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version': '1',
        'spark.yarn.maxAppAttempts': '1',
        'spark.speculation': 'false',
      },
    });
    expect(await engine.probe(attempt)).toEqual({ state: 'ended', remoteJobId: id });
    expect(progress.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${id} submitted: https://`),
      `Dataproc job ${id}: DONE`,
    ]);
  });

  it('puts its code into the bucket once per content', async () => {
    const engine = open();
    await engine.prepare();
    const before = [...bucket.objects.keys()];
    await open().prepare();
    expect([...bucket.objects.keys()]).toEqual(before);
    expect(before.every((name) => /\/code\/[0-9a-f]{64}\//.test(name))).toBe(true);
  });

  it('attaches to a job that runs, and submits nothing', async () => {
    await remoteJobs.submit({ ...submission(), args: ['sleep'] });
    await open().run(attempt, watch());
    expect(remoteJobs.submitted).toHaveLength(1);
    expect(progress[0]?.message).toContain('attached');
  });

  it('refuses a job of that name that was made from another spec', async () => {
    await remoteJobs.submit({ ...submission(), labels: { spec: 'other' } });
    await expect(open().run(attempt, watch())).rejects.toMatchObject({
      code: 'NAME_TAKEN',
      isTransient: false,
    });
    await expect(open().probe(attempt)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  });

  it('polls after two seconds, and slows to thirty', async () => {
    const sleeps: number[] = [];
    let last = clockMs;
    onSleep = () => {
      sleeps.push(clockMs - last);
      last = clockMs;
      if (sleeps.length === 20) done();
    };
    await open().run(attempt, watch());
    expect(sleeps[0]).toBe(2_000);
    expect(sleeps.at(-1)).toBe(30_000);
    expect(sleeps).toEqual(sleeps.toSorted((a, b) => a - b));
  });

  it('tells in passing what the reader says, and once to be kept that nothing moves any more', async () => {
    const name = objectNames(attempt.spec.sourceId).progress(attempt.spec.attemptId);
    const start = clockMs;
    const say = (seconds: number, rows: number, movedAt: number) => {
      const at = (ms: number) => new Date(start + ms * 1_000).toISOString();
      const told = { version: 1, attemptId: attempt.spec.attemptId, at: at(seconds), step: 'reading' };
      const more = { since: at(0), rows, movedAt: at(movedAt), isAnswering: true, states: [], locks: {} };
      bucket.objects.delete(name);
      return createObject(bucket, name, { ...told, ...more });
    };
    const looks = [
      () => undefined,
      () => say(10, 5, 10),
      () => undefined,
      () => say(80, 5, 10),
      () => say(90, 5, 10),
      done,
    ];
    onSleep = () => {
      put({ state: 'running', vendorState: 'RUNNING' });
      void looks.shift()?.();
    };
    await open().run(attempt, watch());
    const told = progress.filter(({ step }) => step === 'reading');
    expect(told.map(({ message, isPassing }) => [message.slice(30), isPassing])).toEqual([
      ['5 rows so far', true],
      ['5 rows so far, no row for 70 s', false],
      ['5 rows so far, no row for 80 s', true],
    ]);
  });

  it('cancels past its deadline, polls to the end, and says so', async () => {
    onSleep = () => undefined;
    await expect(open().run(attempt, watch())).rejects.toMatchObject({ code: 'REMOTE_DEADLINE' });
    expect(remoteJobs.cancelled).toEqual([id]);
    expect(clockMs - Date.parse('2026-01-02T03:00:00Z')).toBeGreaterThanOrEqual(DEADLINE_MS);
  });

  it('cancels a job that waits too long for a place on the cluster, by a message of its own', async () => {
    onSleep = () => put({ state: 'queued', vendorState: 'PENDING (QUEUED)' });
    remoteJobs.cancel = async (jobId) => {
      remoteJobs.cancelled.push(jobId);
      onSleep = () => put({ state: 'cancelled', vendorState: 'CANCELLED' });
    };
    await expect(open().run(attempt, watch())).rejects.toMatchObject({
      code: 'CLUSTER_FULL',
      isTransient: true,
      message: expect.stringContaining('waited 120 s for a place on the cluster (PENDING (QUEUED))'),
    });
    expect(remoteJobs.cancelled).toEqual([id]);
    expect(clockMs - Date.parse('2026-01-02T03:00:00Z')).toBeLessThan(DEADLINE_MS);
  });

  it('takes a job that ended well in spite of cancelling as what it is', async () => {
    onSleep = () => undefined;
    remoteJobs.cancel = async () => {
      onSleep = done;
    };
    await open().run(attempt, watch());
  });

  it('cancels past the deadline of whoever waits, and fails as that says', async () => {
    onSleep = () => undefined;
    const deadline = { at: new Date(clockMs + 60_000), error: new LoadError('LOAD_DEADLINE', 'late') };
    await expect(open().run(attempt, { ...watch(), deadline })).rejects.toMatchObject({
      code: 'LOAD_DEADLINE',
    });
    expect(remoteJobs.cancelled).toEqual([id]);
    expect(clockMs).toBeLessThan(Date.parse('2026-01-02T03:00:00Z') + DEADLINE_MS);
  });

  it('counts the deadline from the submission, also when it attaches later', async () => {
    await remoteJobs.submit({ ...submission(), args: ['sleep'] });
    clockMs += DEADLINE_MS;
    onSleep = () => undefined;
    await expect(open().run(attempt, watch())).rejects.toMatchObject({ code: 'REMOTE_DEADLINE' });
  });

  it('stops waiting when it is told to, and leaves the job alone', async () => {
    const stop = new AbortController();
    onSleep = () => stop.abort(new Error('shutdown'));
    await expect(open().run(attempt, { ...watch(), signal: stop.signal })).rejects.toThrow('shutdown');
    expect(remoteJobs.jobs.get(id)?.state).toBe('running');
  });

  it.each([
    ['deleted', () => remoteJobs.jobs.delete(id), 'CLUSTER_LOST'],
    [
      'cancelled by a person',
      () => put({ state: 'cancelled', vendorState: 'CANCELLED' }),
      'REMOTE_CANCELLED',
    ],
    ['failed without a word', () => put({ state: 'failed', vendorState: 'ERROR' }), 'REMOTE_FAILED'],
  ])('tells of a job that was %s', async (_, happens, code) => {
    onSleep = happens;
    await expect(open().run(attempt, watch())).rejects.toMatchObject({ code });
  });

  it("prefers MySQL's own error, and brings the last 50 lines of driver output and a link", async () => {
    const names = objectNames(attempt.spec.sourceId);
    const told = {
      version: 1,
      attemptId: attempt.spec.attemptId,
      code: null,
      class: 'SQLException',
      errno: 1146,
      sqlState: '42S02',
      message: "Table 's.t' doesn't exist",
      specSha256: null,
      endedAt: '2026-01-02T03:01:00Z',
    };
    const text = Array.from({ length: 120 }, (__, line) => `line ${line}`).join('\n');
    onSleep = () => {
      bucket.objects.set(names.attemptError(attempt.spec.attemptId), {
        bytes: Buffer.from(JSON.stringify(told)),
        generation: 1,
      });
      bucket.objects.set('out/driveroutput.000000000', { bytes: Buffer.from(text), generation: 1 });
      put({ state: 'failed', vendorState: 'ERROR', driverOutputUri: 'gs://bucket/out/driveroutput' });
    };
    const failure = await open()
      .run(attempt, watch())
      .catch((error) => error);
    expect(failure).toMatchObject({
      code: 'SOURCE_TABLE_GONE',
      message: expect.stringContaining('errno 1146'),
    });
    const lines = failure.context.driverOutput.split('\n');
    expect(lines).toHaveLength(50);
    expect(lines.at(-1)).toBe('line 119');
    expect(failure.context.link).toContain('https://');
  });

  it('does not fail for driver output that it may not read', async () => {
    onSleep = () =>
      put({ state: 'failed', vendorState: 'ERROR', driverOutputUri: 'gs://forbidden/out/driveroutput' });
    const failure = await open()
      .run(attempt, watch())
      .catch((error) => error);
    expect(failure).toMatchObject({
      code: 'REMOTE_FAILED',
      context: { driverOutput: expect.stringContaining('cannot be read') },
    });
  });
});

function submission() {
  return {
    id,
    requestId: 'r',
    labels: { spec: 'ab'.repeat(16) },
    mainUri: '',
    moduleUris: [],
    jarUris: [],
    args: [],
    properties: {},
  };
}
