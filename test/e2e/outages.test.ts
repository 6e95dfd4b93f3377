import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFaultProxy } from '../../local/faults/fault-proxy.ts';
import { readObject } from '../../src/pipeline/json-objects.ts';
import { objectNames } from '../../src/pipeline/names.ts';
import { summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { addRun } from '../../src/queues/queues.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { stackEnv } from '../support/stack-env.ts';
import { pause, until } from '../support/wait.ts';

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

it('a run goes on after Cloud Storage was away at its first look, and when its loads had ended', async () => {
  const { queues, schema, config, adapters } = sandbox;
  const { SOURCE_ID: sourceId } = config.settings;
  const run = 'manual-20260102T030000Z-0001';
  const away = () =>
    proxy.faults.add({
      call: 'GET .*summary\\.json',
      times: TRIES,
      fault: { kind: 'error', status: 503 },
    });
  const job = async () => queues.controller.getJob(run);
  const setbacks = (times: number) => until(async () => (await job())?.data.setbacks === times);

  away();
  await sandbox.start(['worker']);
  await addRun(queues, {
    sourceId,
    run,
    trigger: 'manual',
    tables: [{ schema, table: 'alunos' }],
    isForced: true,
    requestedAt: new Date().toISOString(),
  });
  await setbacks(1);
  await until(async () => (await queues.ingest.getActiveCount()) > 0);
  away();
  await setbacks(2);
  const ended = await until(async () => ((await job())?.finishedOn ? job() : null));
  expect([ended.failedReason ?? null, ended.returnvalue]).toEqual([null, { loaded: 1, skipped: 0 }]);
  const summary = await readObject(adapters.stage, objectNames(sourceId).summary(run), summaryObjectSchema);
  expect(summary?.value).toMatchObject({ status: 'succeeded', loaded: 1, historyPending: 0 });
}, 120_000);
