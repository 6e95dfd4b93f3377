import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDataprocEngine } from '../../../src/engines/dataproc/dataproc-engine.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { RemoteJobState } from '../../../src/pipeline/ports/remote-jobs.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { createMemoryRemoteJobs, type MemoryRemoteJobs } from '../../support/fakes/memory-remote-jobs.ts';
import { SOURCE } from '../../support/samples.ts';

const RUN = '20260102T030000Z-v1';
const first = `main-${RUN}-a1`;
const second = `main-${RUN}-a2`;
const CAPTURE = { one: { rows: [{ n: '1' }] } };
const LOST = {
  class: 'X',
  code: null,
  errno: null,
  sqlState: '08S01',
  message: 'Communications link failure',
};

let clockMs: number;
let remoteJobs: MemoryRemoteJobs;
let bucket: ReturnType<typeof createMemoryBucket>;
/** How each Dataproc job ends, in their order; none: it goes on. */
let ends: ('result' | 'error' | 'nothing')[];
let messages: string[];

function open() {
  return createDataprocEngine({
    bucket,
    remoteJobs,
    sourceId: 'main',
    scriptDir: join(import.meta.dirname, '..', '..', '..', 'spark'),
    driverJar: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'adutora-jar-'));
      await writeFile(join(folder, 'driver.jar'), 'jar');
      onTestFinished(() => rm(folder, { recursive: true }));
      return join(folder, 'driver.jar');
    },
    deadlineMs: 600_000,
    queueLimitMs: 600_000,
    now: () => new Date(clockMs),
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      clockMs += ms;
      const running = [...remoteJobs.jobs.values()].find(({ state }) => state === 'running');
      const end = running && ends.shift();
      if (running && end) await finish(running.id, end);
    },
  });
}

async function finish(id: string, end: 'result' | 'error' | 'nothing'): Promise<void> {
  const folder = `main/captures/${id.slice('main-'.length)}/`;
  const endedAt = new Date(clockMs).toISOString();
  if (end === 'result')
    await createObject(bucket, `${folder}result.json`, { version: 1, endedAt, capture: CAPTURE });
  if (end === 'error') await createObject(bucket, `${folder}error.json`, { version: 1, endedAt, ...LOST });
  const job = remoteJobs.jobs.get(id);
  const state: RemoteJobState = end === 'result' ? 'done' : 'failed';
  if (job) remoteJobs.jobs.set(id, { ...job, state, vendorState: state === 'done' ? 'DONE' : 'ERROR' });
}

const ask = (changes: object = {}) =>
  open().captureSource({
    address: SOURCE,
    session: ["SET SESSION time_zone = '+00:00'"],
    queries: [{ name: 'one', sql: 'SELECT 1 AS n', isOptional: false, delayMs: 0 }],
    name: RUN,
    report: async (message: string) => void messages.push(message),
    ...changes,
  });
const submitted = () => remoteJobs.submitted.map(({ id }) => id);

beforeEach(() => {
  clockMs = Date.parse('2026-01-02T03:00:00Z');
  bucket = createMemoryBucket();
  remoteJobs = createMemoryRemoteJobs(() => new Date(clockMs));
  const { submit } = remoteJobs;
  remoteJobs.submit = (request) => submit({ ...request, args: ['sleep', ...request.args] });
  ends = ['result'];
  messages = [];
});

describe('a capture by Dataproc job', () => {
  it('has a name derived from the run, labels, no secret in what it leaves, and tells what it does', async () => {
    expect(await ask()).toEqual(CAPTURE);
    expect(remoteJobs.submitted).toMatchObject([
      {
        id: first,
        labels: { installation: 'main', purpose: 'verify', spec: expect.stringMatching(/^\w{32}$/) },
      },
    ]);
    const probe = JSON.parse(
      bucket.objects.get(`main/captures/${RUN}-a1/probe.json`)?.bytes.toString() ?? '',
    );
    expect(probe.address.password).toEqual({ kind: 'env', name: 'P' });
    expect(messages.join('\n')).toMatch(/asks the source.*\n.*DONE/);
  });

  it('is not made twice: its rows are read again, and a job that runs is attached to', async () => {
    await ask();
    expect(await ask()).toEqual(CAPTURE);
    expect(submitted()).toEqual([first]);
  });

  it('is attached to by whoever comes after a crash in mid-job', async () => {
    ends = [];
    const stop = new AbortController();
    const dies = ask({ signal: stop.signal, report: async () => stop.abort(new Error('shutdown')) });
    await expect(dies).rejects.toThrow('shutdown');
    ends = ['result'];
    expect(await ask()).toEqual(CAPTURE);
    expect(submitted()).toEqual([first]);
    expect(messages[0]).toContain('attached');
  });

  it.each(['error', 'nothing'] as const)(
    'that ended with %s throws, and the next call makes the next try',
    async (end) => {
      ends = [end, 'result'];
      const code = end === 'error' ? 'SOURCE_UNREACHABLE' : 'REMOTE_FAILED';
      await expect(ask()).rejects.toMatchObject({ code, isTransient: true });
      expect(await ask()).toEqual(CAPTURE);
      expect(submitted()).toEqual([first, second]);
    },
  );

  it('that asks something else than its name stands for is another try', async () => {
    ends = ['result', 'result'];
    await ask();
    await ask({ session: [] });
    expect(submitted()).toEqual([first, second]);
  });

  it('is asked anew where its rows are from before an outage', async () => {
    ends = ['result', 'result'];
    await ask();
    clockMs += 20 * 60_000;
    await ask();
    expect(submitted()).toEqual([first, second]);
  });

  it('is refused where a Dataproc job of its name is not ours', async () => {
    await remoteJobs.submit({
      ...{ id: first, requestId: '', labels: {}, mainUri: '', moduleUris: [], jarUris: [] },
      ...{ args: [], properties: {} },
    });
    await expect(ask()).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  });

  it('without a name leaves nothing behind', async () => {
    expect(await ask({ name: undefined })).toEqual(CAPTURE);
    expect([...bucket.objects.keys()].filter((name) => name.includes('/captures/'))).toEqual([]);
  });
});
