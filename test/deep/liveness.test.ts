import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { readLifeSigns } from '../../src/redis/life-signs.ts';
import { type OwnDataproc, openDataproc } from '../support/dataproc-stand-in.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

const RECOVERY = join(import.meta.dirname, '..', '..', 'bench', 'recovery');
/** By then a load that changes hands would have. */
const AFTERWARDS_MS = 5_000;

let dataproc: OwnDataproc;
let sandbox: Sandbox;
let workers: OwnProcess[];
let loadId: string;
let redis: Redis;

beforeAll(async () => {
  dataproc = await openDataproc({ sparkSubmit: join(RECOVERY, 'sleep-submit.sh') });
  sandbox = await openSandbox({ DATAPROC_API_ENDPOINT: `127.0.0.1:${dataproc.port}` });
  await sandbox.admin.query('CREATE TABLE t (id INT PRIMARY KEY)');
  redis = await createProducerConnection(sandbox.config.settings.REDIS_URL);
  workers = [startWorker(), startWorker()];
  void sandbox.run(['t']).catch(() => undefined);
  loadId = await until(async () => (await sandbox.queues.ingest.getActive())[0]?.id);
});
afterAll(async () => {
  for (const { child } of workers ?? []) child.kill('SIGKILL');
  redis?.disconnect();
  // The stand-in leaves its jobs behind, as a cluster does.
  const left = await dataproc?.remoteJobs.list({ installation: sandbox.config.settings.SOURCE_ID });
  for (const { id } of left ?? []) {
    await dataproc.remoteJobs.cancel(id);
    await until(async () => (await dataproc.remoteJobs.get(id))?.state === 'cancelled');
  }
  await sandbox?.close();
  await dataproc?.close();
});

function startWorker(): OwnProcess {
  // SIGUSR2 holds its main thread up for ten seconds.
  const env = { ...sandbox.env, NODE_OPTIONS: `--import ${join(RECOVERY, 'block-on-signal.mjs')}` };
  return startProcess('main', ['--roles', 'worker'], env);
}

/** The number of the process that holds the load. */
async function holder(): Promise<number> {
  const { ingest } = sandbox.queues;
  return until(async () => {
    const token = await redis.get(`${ingest.toKey(loadId)}:lock`);
    const signs = await readLifeSigns(redis, sandbox.config.settings.SOURCE_ID);
    const sign = [...signs.values()].find(({ workers: ids }) =>
      ids.some((id) => token?.startsWith(`${id}:`)),
    );
    return sign?.pid;
  });
}

/** How often somebody has submitted the load's Dataproc job or attached to it. */
async function takeUps(): Promise<number> {
  const { logs } = await sandbox.queues.ingest.getJobLogs(loadId);
  return logs.filter((line) => /submitted|attached/.test(line)).length;
}

describe('a worker that lives', () => {
  it('keeps its load though its process is stopped for 8 s', async () => {
    await until(async () => (await takeUps()) > 0);
    const [pid, before] = [await holder(), await takeUps()];
    process.kill(pid, 'SIGSTOP');
    await pause(8_000);
    process.kill(pid, 'SIGCONT');
    await pause(AFTERWARDS_MS);
    expect([await holder(), await takeUps()]).toEqual([pid, before]);
  });

  it('keeps its load though its main thread is busy for 10 s', async () => {
    const [pid, before] = [await holder(), await takeUps()];
    process.kill(pid, 'SIGUSR2');
    await pause(10_000 + AFTERWARDS_MS);
    expect([await holder(), await takeUps()]).toEqual([pid, before]);
  });
});

describe('a worker that does not', () => {
  it('loses its load while it is stopped for long, and gives it up when it wakes', async () => {
    const [pid, before] = [await holder(), await takeUps()];
    process.kill(pid, 'SIGSTOP');
    await until(async () => (await takeUps()) > before);
    const other = await holder();
    expect(other).not.toBe(pid);
    process.kill(pid, 'SIGCONT');
    await pause(AFTERWARDS_MS);
    expect([await holder(), await takeUps()]).toEqual([other, before + 1]);
  });

  it('is replaced after kill -9, without an attempt or a stall', async () => {
    const [pid, before] = [await holder(), await takeUps()];
    process.kill(pid, 'SIGKILL');
    await until(async () => (await takeUps()) > before);
    expect(await holder()).not.toBe(pid);
    const job = await sandbox.queues.ingest.getJob(loadId);
    expect([job?.attemptsMade, job?.stalledCounter]).toEqual([0, 0]);
    expect(await dataproc.remoteJobs.list({ installation: sandbox.config.settings.SOURCE_ID })).toHaveLength(
      1,
    );
  });
});
