import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDataprocEngine } from '../../../src/engines/dataproc/dataproc-engine.ts';
import { dataprocJobId } from '../../../src/pipeline/names/index.ts';
import type { EngineAttempt } from '../../../src/pipeline/ports/engine.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { createMemoryRemoteJobs, type MemoryRemoteJobs } from '../../support/fakes/memory-remote-jobs.ts';
import { SOURCE, specOf } from '../../support/samples.ts';

let remoteJobs: MemoryRemoteJobs;
let bucket: ReturnType<typeof createMemoryBucket>;
/** What happens while the engine sleeps. */
let onSleep: () => void;

const attempt: EngineAttempt = { spec: specOf(), specSha256: 'ab'.repeat(32) };
const id = dataprocJobId(attempt.spec.sourceId, attempt.spec.attemptId);
const watch = () => ({ signal: new AbortController().signal, report: async () => undefined });
const done = () => {
  const job = remoteJobs.jobs.get(id);
  if (job) remoteJobs.jobs.set(id, { ...job, state: 'done', vendorState: 'DONE' });
};

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
    deadlineMs: 600_000,
    queueLimitMs: 600_000,
    now: () => new Date('2026-01-02T03:00:00Z'),
    random: () => 0.5,
    sleep: async () => onSleep(),
  });
}

/** A capture's probe job, the other kind of submission. */
const capture = (engine: ReturnType<typeof open>) =>
  engine.captureSource({ address: SOURCE, name: 'RUN-v1', session: [], queries: [] });

beforeEach(() => {
  bucket = createMemoryBucket();
  remoteJobs = createMemoryRemoteJobs(() => new Date('2026-01-02T03:00:00Z'));
  onSleep = done;
  // Every job of the engine's runs until a test ends it.
  const { submit } = remoteJobs;
  remoteJobs.submit = (request) => submit({ ...request, args: ['sleep', ...request.args] });
});

describe('code in the bucket', () => {
  it('looks at its code before every submission, and uploads again what is gone', async () => {
    const engine = open();
    await engine.prepare();
    const [first = ''] = bucket.objects.keys();
    const before = bucket.objects.get(first);
    bucket.objects.delete(first);
    await engine.run(attempt, watch());
    expect(bucket.objects.get(first)?.bytes).toEqual(before?.bytes);
  });

  it.each([
    { file: 'ingest_table.py', kind: 'the script' },
    { file: 'adutora_google.py', kind: 'a module' },
    { file: 'driver.jar', kind: 'the driver' },
  ])('refuses to run code that somebody altered in the bucket: $kind', async ({ file }) => {
    const engine = open();
    await engine.prepare();
    const name = [...bucket.objects.keys()].find((one) => one.endsWith(`/${file}`)) ?? '';
    const { bytes, generation } = bucket.objects.get(name) ?? { bytes: Buffer.from(''), generation: 0 };
    // Of the same length.
    bucket.objects.set(name, { bytes: Buffer.concat([bytes.subarray(1), Buffer.from('!')]), generation });
    const refused = { code: 'CODE_ALTERED', isTransient: false, message: expect.stringContaining(name) };
    await expect(engine.run(attempt, watch())).rejects.toMatchObject(refused);
    await expect(capture(engine)).rejects.toMatchObject(refused);
    expect(remoteJobs.submitted).toEqual([]);
    // Once it is removed, it is uploaded anew.
    bucket.objects.delete(name);
    await engine.run(attempt, watch());
    expect(bucket.objects.get(name)?.bytes).toEqual(bytes);
  });
});

describe('a Dataproc job that was just submitted', () => {
  it('waits for a job that Dataproc does not know for a moment after it took it', async () => {
    const { get } = remoteJobs;
    onSleep = () => {
      // Hidden for four asks, then ended.
      let hidden = 4;
      remoteJobs.get = async (jobId) => {
        hidden -= 1;
        return hidden >= 0 ? null : get(jobId);
      };
      onSleep = () => (hidden <= 0 ? done() : undefined);
    };
    await open().run(attempt, watch());
    expect(remoteJobs.jobs.get(id)?.state).toBe('done');
  });

  it('cancels a job that Dataproc does not know for a moment after it took it', async () => {
    const labels = { spec: attempt.specSha256.slice(0, 32) };
    await remoteJobs.submit({
      ...{ id, requestId: 'r', labels, mainUri: 'gs://b/main.py', moduleUris: [], jarUris: [], args: [] },
      properties: {},
    });
    const { get } = remoteJobs;
    let hidden = 3;
    remoteJobs.get = async (jobId) => {
      hidden -= 1;
      return hidden >= 0 ? null : get(jobId);
    };
    onSleep = () => undefined;
    await open().cancel(attempt, watch());
    expect(remoteJobs.cancelled).toEqual([id]);
  });
});
