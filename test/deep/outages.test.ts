import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../local/faults/fault-proxy.ts';
import { startRedis } from '../../local/redis/redis.ts';
import { choosePorts } from '../../local/tools/ports.ts';
import type { Finding } from '../../src/pipeline/doctor/finding.ts';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { addRun } from '../../src/queues/queues.ts';
import { adutora, startProcess } from '../support/processes.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { stackEnv } from '../support/stack-env.ts';
import { finishedJob, pause, until } from '../support/wait.ts';

/** As often as one read is tried: a quarter of a minute of 503. */
const TRIES = 5;

let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let sandbox: Sandbox;

beforeAll(async () => {
  proxy = await startFaultProxy(`http://${stackEnv()['GCS_API_ENDPOINT']}`);
  sandbox = await openSandbox({ GCS_API_ENDPOINT: new URL(proxy.address).host });
  await sandbox.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY)');
  await pause(2_500);
});
afterAll(async () => {
  await sandbox?.close();
  await proxy?.close();
});

/** Most of their time is waiting: side by side. */
describe.concurrent('where something is away for long', () => {
  it('a run goes on after Cloud Storage was away at its first look, and when its loads had ended', async () => {
    const { queues, schema, config, adapters } = sandbox;
    const { SOURCE_ID: sourceId } = config.settings;
    const runId = 'manual-20260102T030000Z-0001';
    const away = () =>
      proxy.faults.add({
        // Of this run alone: doctor, beside it, asks for the summary of the last slot.
        call: `GET .*${runId}.*summary\\.json`,
        times: TRIES,
        fault: { kind: 'error', status: 503 },
      });
    const job = async () => queues.controller.getJob(runId);
    const interruptions = (times: number) => until(async () => (await job())?.data.interruptions === times);

    away();
    await sandbox.start(['worker']);
    await addRun(queues, {
      sourceId,
      runId,
      trigger: 'manual',
      tables: [{ schema, table: 'alunos' }],
      isForced: true,
      requestedAt: new Date().toISOString(),
    });
    await interruptions(1);
    await until(async () => (await queues.ingest.getActiveCount()) > 0);
    away();
    await interruptions(2);
    const ended = await finishedJob(queues.controller, runId);
    expect([ended.failedReason ?? null, ended.returnvalue]).toEqual([
      null,
      { loaded: 1, skipped: 0, gone: [] },
    ]);
    const summary = await readObject(
      adapters.bucket,
      objectNames(sourceId).summary(runId),
      summaryObjectSchema,
    );
    expect(summary?.value).toMatchObject({ status: 'succeeded', loaded: 1, historyPending: 0 });
  });

  it('a port on which nobody speaks is waited for twice, and by name', async ({ onTestFinished }) => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const changed = { ...sandbox.env, MYSQL_PORT: String(port) };
    const plan = await adutora(['plan'], changed);
    expect(plan.code).toBe(3);
    expect(plan.stderr).toMatch(
      new RegExp(`^waiting for MySQL at 127.0.0.1:${port} …\n.*; once more\nSOURCE_UNREACHABLE`),
    );
    const { code, stdout, stderr } = await adutora(['doctor'], changed);
    expect([code, stdout]).toEqual([1, expect.stringContaining('SOURCE_UNREACHABLE')]);
    expect(stderr).toMatch(/waiting for .*MySQL/);
  });

  it('doctor blames nobody for what Cloud Storage, being away, does not tell', async () => {
    const { stdout } = await adutora(['doctor', '--json'], {
      ...sandbox.env,
      GCS_API_ENDPOINT: '127.0.0.1:9',
    });
    const of = (wanted: string) => (JSON.parse(stdout) as Finding[]).filter(({ check }) => check === wanted);
    expect(of('bucket.reachable')).toMatchObject([{ status: 'fail' }]);
    expect(of('dataproc.output')).toMatchObject([{ status: 'skipped' }]);
  });

  it('tells in a few lines that Redis is away, and that it is back', async ({ onTestFinished }) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'adutora-redis-'));
    const { redis: port } = await choosePorts('free');
    const start = () => startRedis({ port, dataDir, logDir: dataDir, env: {} });
    let redis = await start();
    onTestFinished(async () => {
      await redis.stop();
      await rm(dataDir, { recursive: true });
    });
    const service = startProcess('main', ['--roles', 'worker'], {
      ...sandbox.env,
      REDIS_URL: `redis://127.0.0.1:${port}`,
    });
    onTestFinished(() => void service.child.kill('SIGKILL'));
    const told = () => service.output.stderr.trimEnd().split('\n');
    await until(async () => told().some((line) => line.includes('"started"')));
    const before = told().length;
    await redis.stop();
    await until(async () => told().some((line) => line.includes('redis is away')));
    await pause(8_000);
    redis = await start();
    await until(async () => told().some((line) => line.includes('redis is back')));
    expect(told().length - before).toBeLessThan(12);
    service.child.kill('SIGTERM');
    expect((await service.ended).code).toBe(0);
  });
});
