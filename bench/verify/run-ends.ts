/**
 * A run of N loads through Redis in a process of its own: fan-out, loads that end at once, the end
 * of the run. `node run-ends.ts N`, settings in the environment. Prints JSON.
 */

import { Worker } from 'bullmq';
import { pino } from 'pino';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { loadConfig } from '../../src/config/config.ts';
import { loadName, manualRunName, queuePrefix } from '../../src/pipeline/names/index.ts';
import type { TablesObject } from '../../src/pipeline/objects/index.ts';
import { addHistoryRows, addRun, closeQueues, createQueues } from '../../src/queues/queues.ts';
import { createProducerConnection, createWorkerConnection } from '../../src/redis/connection.ts';
import { fanOut } from '../../src/workers/fan-out.ts';
import { finishRun } from '../../src/workers/finish-run.ts';
import { createHistoryWorker } from '../../src/workers/history.ts';
import { createMemoryHistory } from '../../test/support/fakes/memory-history.ts';
import { historyRow } from '../../test/support/samples.ts';
import { cpuSeconds, peakMemory } from '../processes.ts';

export interface RunEndTimes {
  loads: number;
  /** Seconds. */
  enqueued: number;
  /** Asking for the same again, as after a crash. */
  again: number;
  finished: number;
  cpu: number;
  peakBytes: number;
}

const count = Number(process.argv[2]);
const config = loadConfig(process.env, '/');
const { REDIS_URL, SOURCE_ID: sourceId, GOOGLE_CLOUD_PROJECT: projectId, GCS_BUCKET } = config.settings;
const connection = await createProducerConnection(REDIS_URL);
const workerConnection = createWorkerConnection(REDIS_URL, { onError: () => undefined });
const queues = createQueues({ connection, sourceId, onError: () => undefined });
const bucket = createBucket({ projectId, bucket: GCS_BUCKET, apiEndpoint: config.settings.GCS_API_ENDPOINT });
const shutdown = new AbortController();
const runId = manualRunName(new Date(), Math.random().toString(16).slice(2, 6).padEnd(4, '0'));
const tables = decisions();

const cancellations = { endOf: async () => null };
const job = await addRun(queues, {
  ...{ sourceId, runId, trigger: 'manual', tables: null, isForced: false },
  requestedAt: new Date().toISOString(),
});
const cpuBefore = cpuSeconds(process.pid);
const enqueued = await seconds(() => fanOut({ job, tables, queues, bucket, cancellations, maxAttempts: 5 }));
const again = await seconds(() => fanOut({ job, tables, queues, bucket, cancellations, maxAttempts: 5 }));
await loadAll();
const finished = await seconds(() =>
  finishRun(
    { job, tables, signal: shutdown.signal, report: async () => undefined },
    {
      ...{ queues, bucket, cancellations },
      now: () => new Date(),
      history: createMemoryHistory(),
      settle: async () => null,
    },
  ),
);
const times: RunEndTimes = {
  ...{ loads: count, enqueued, again, finished },
  cpu: cpuSeconds(process.pid) - cpuBefore,
  peakBytes: peakMemory(process.pid),
};
process.stdout.write(JSON.stringify(times));
await closeQueues(queues);
connection.disconnect();
workerConnection.disconnect();
process.exit(0);

/**
 * Every load ends well at once, with its history row, which a fake BigQuery takes; none of it is
 * measured.
 */
async function loadAll(): Promise<void> {
  let left = count;
  const ended = Promise.withResolvers<void>();
  const worker = new Worker(
    'ingest',
    async ({ data }) => {
      const { loadId, table } = data as { loadId: string; table: { schema: string; table: string } };
      const row = historyRow({
        source_id: sourceId,
        run_id: runId,
        schema_name: table.schema,
        table_name: table.table,
      });
      await addHistoryRows(queues, [{ ...row, status: 'loaded', attempts: 1 }]);
      left -= 1;
      if (left === 0) setTimeout(ended.resolve, 500);
      return { status: 'loaded', rowsLoaded: 1, attempts: loadId === '' ? 0 : 1 };
    },
    { connection: workerConnection, prefix: queuePrefix(sourceId), concurrency: 50 },
  );
  const history = createHistoryWorker({
    connection: workerConnection,
    sourceId,
    log: pino({ level: 'silent' }),
    shutdown: shutdown.signal,
    queues,
    history: { ...createMemoryHistory(), merge: async () => undefined },
  });
  await ended.promise;
  await worker.close();
  while ((await queues.history.getWaitingCount()) + (await queues.history.getActiveCount()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
  await history.close();
}

function decisions(): TablesObject {
  const at = new Date().toISOString();
  return {
    ...{ version: 1, sourceId, runId, trigger: 'manual', startedAt: at, decidedAt: at, isWhole: true },
    server: { identity: 'uuid:1', bootEpoch: '1', version: '8', flavour: 'mysql', dictionary: null },
    tables: Array.from({ length: count }, (_, index) => {
      const table = { schema: 'bench', table: `tabela_${index}` };
      return {
        ...table,
        ...{ decision: 'load', reason: 'never_loaded', loadId: loadName(runId, table) },
        destination: { dataset: 'bench', table: table.table },
        ...{
          storageEngine: 'InnoDB',
          rowsEstimate: 1,
          bytesEstimate: index,
          engine: 'dataproc',
          engineReason: 'setting',
          lastPublishedAt: null,
          note: null,
        },
        signature: null,
      };
    }),
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
