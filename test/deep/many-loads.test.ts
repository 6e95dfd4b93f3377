import { Worker } from 'bullmq';
import { expect, it } from 'vitest';
import { loadName, manualRunName, queuePrefix } from '../../src/pipeline/names/index.ts';
import type { TablesObject } from '../../src/pipeline/objects/run.ts';
import { fanOut } from '../../src/workers/fan-out.ts';
import { finishRun } from '../../src/workers/finish-run.ts';
import type { FakeService } from '../support/fake-service.ts';
import { serviceOfEachTest } from '../support/service-of-each-test.ts';
import { until } from '../support/wait.ts';

/** More than the finished jobs that Redis keeps. */
const LOADS = 20_100;
const RUN = manualRunName(new Date(), 'abcd');
let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

it('a run of more than 20,000 loads ends rightly', async () => {
  const { queues, connection, sourceId, bucket } = service;
  await service.add(RUN, ['any']);
  const job = await queues.controller.getJob(RUN);
  if (!job) throw new Error('no run');
  const tables = decisions(sourceId);
  const context = { ...service, job, tables, maxAttempts: 2 };
  expect(await fanOut(context)).toHaveLength(LOADS);
  const work = async () => ({ status: 'loaded', rowsLoaded: 1, attempts: 1 });
  const worker = new Worker('ingest', work, { connection, prefix: queuePrefix(sourceId), concurrency: 50 });
  await until(async () => (await job.getDependenciesCount({ processed: true })).processed === LOADS);
  await worker.close();
  expect(await queues.ingest.getCompletedCount()).toBeLessThan(LOADS);
  // As it goes on when its loads have ended.
  expect(await fanOut(context)).toEqual([]);
  const rowsOfRun = async () => tables.tables.map((table) => ({ ...table, status: 'loaded' as const }));
  const summary = await finishRun(
    { job, tables, signal: new AbortController().signal, report: async () => undefined },
    { ...service, bucket, now: () => new Date(), history: { rowsOfRun }, settle: async () => null },
  );
  expect(summary).toMatchObject({ status: 'succeeded', loaded: LOADS, failed: 0, historyPending: 0 });
});

function decisions(sourceId: string): TablesObject {
  const at = new Date().toISOString();
  const rest = {
    storageEngine: 'InnoDB',
    rowsEstimate: 1,
    bytesEstimate: 1,
    engine: 'dataproc' as const,
    engineReason: 'setting' as const,
    lastPublishedAt: null,
    note: null,
  };
  return {
    ...{ version: 1, sourceId, runId: RUN, trigger: 'manual', startedAt: at, decidedAt: at, isWhole: true },
    server: { identity: 'uuid:1', bootEpoch: '1', version: '8', flavour: 'mysql', dictionary: null },
    tables: Array.from({ length: LOADS }, (_, index) => {
      const table = { schema: 's', table: `t${index}` };
      return {
        ...table,
        ...{ decision: 'load', reason: 'never_loaded', loadId: loadName(RUN, table) },
        destination: { dataset: 's', table: table.table },
        ...rest,
        signature: null,
      };
    }),
  };
}
