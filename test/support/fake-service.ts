import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { loadName, objectNames } from '../../src/pipeline/names/index.ts';
import {
  type SummaryObject,
  summaryObjectSchema,
  type TablesObject,
  tablesObjectSchema,
} from '../../src/pipeline/objects/run.ts';
import { createObject, readObject } from '../../src/pipeline/ports/json-objects.ts';
import { closeQueues, createQueues } from '../../src/queues/queues.ts';
import { requestRun } from '../../src/queues/request-run.ts';
import { createCancellations } from '../../src/redis/cancellations.ts';
import { createWorkerConnection } from '../../src/redis/connection.ts';
import type { Circuit } from '../../src/workers/circuit.ts';
import { createControllerWorker } from '../../src/workers/controller.ts';
import type { HeldJobs } from '../../src/workers/held-jobs.ts';
import { createHistoryWorker } from '../../src/workers/history.ts';
import { createIngestWorker } from '../../src/workers/ingest.ts';
import { capture, signatureOf } from './captures.ts';
import { createMemoryBucket } from './fakes/memory-bucket.ts';
import { createMemoryDestination } from './fakes/memory-destination.ts';
import { createMemoryHistory } from './fakes/memory-history.ts';
import { createStagingEngine } from './fakes/staging-engine.ts';
import { loadObject, SOURCE } from './samples.ts';
import { pause, until } from './wait.ts';

/**
 * The real workers on a real Redis; everything else in memory. For what happens between queue and
 * state machine.
 */
export function createFakeService({ redisUrl, sourceId }: { redisUrl: string; sourceId: string }) {
  const bucket = createMemoryBucket();
  const destination = createMemoryDestination(() => 2);
  const engine = createStagingEngine(bucket, capture());
  const history = createMemoryHistory();
  const connection = createWorkerConnection(redisUrl, { onError: () => undefined });
  const queues = createQueues({ connection, sourceId, onError: () => undefined });
  const running: { shutdown: AbortController; workers: Worker[]; connection: Redis }[] = [];
  const names = objectNames(sourceId);
  /** The same for every verify, as one that is repeated makes it. */
  const decidedAt = new Date().toISOString();
  /** What the workers' log says. */
  const lines: Record<string, unknown>[] = [];
  /** Names of paused tables. */
  const paused = new Set<string>();

  const clock = { now: () => new Date(), random: () => 0.5, sleep: pause };
  const engines = { dataproc: engine, direct: engine };
  const deps = { bucket, destination, engines, maxAttempts: 2, ...clock, address: SOURCE };

  /** One process's worth of workers; may be called again for a second "process". */
  const start = ({ held, circuit }: { held?: HeldJobs; circuit?: Circuit } = {}) => {
    const shutdown = new AbortController();
    const own = createWorkerConnection(redisUrl, { onError: () => undefined });
    const context = {
      connection: own,
      sourceId,
      log: pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) }),
      shutdown: shutdown.signal,
      held,
      queues,
      delayFactor: 0.001,
    };
    const workers = [
      createControllerWorker({
        ...context,
        ...clock,
        bucket,
        cancellations: createCancellations(own, sourceId),
        history,
        deps,
        maxAttempts: 2,
        concurrency: 1,
        runEnded: () => undefined,
        catchUpMs: 60_000,
        tick: async () => null,
        decideRun: (payload) =>
          decide(
            payload.runId,
            (payload.tables ?? []).map(({ table }) => table),
          ),
      }),
      createIngestWorker({
        ...context,
        concurrency: 1,
        circuit,
        deps,
        cancellations: createCancellations(own, sourceId),
        isPaused: async (table) => paused.has(table.table),
        reshape: async () => undefined,
      }),
      createHistoryWorker({ ...context, history }),
    ];
    running.push({ shutdown, workers, connection: own });
    return { workers, stop: () => stopOne(running.length - 1) };
  };

  const decide = async (runId: string, tables: readonly string[]): Promise<TablesObject> => {
    const found = await readObject(bucket, names.tables(runId), tablesObjectSchema);
    if (found) return found.value;
    const decided = tables.map((table) => {
      const loadId = loadName(runId, { schema: 's', table });
      return loadObject({
        sourceId,
        runId,
        loadId,
        decidedAt,
        table: { schema: 's', table },
        destination: { dataset: 's', table },
        signature: signatureOf(capture()),
      });
    });
    for (const load of decided) await createObject(bucket, names.load(runId, load.loadId), load);
    const object: TablesObject = {
      version: 1,
      sourceId,
      runId,
      trigger: 'manual',
      startedAt: new Date().toISOString(),
      decidedAt,
      server: { identity: 'uuid:1', bootEpoch: '1', version: '8', flavour: 'mysql', dictionary: null },
      isWhole: false,
      tables: decided.map((load) => ({
        ...load.table,
        decision: 'load',
        reason: 'forced',
        loadId: load.loadId,
        destination: load.destination,
        storageEngine: 'InnoDB',
        rowsEstimate: 2,
        bytesEstimate: 1,
        engine: 'dataproc',
        engineReason: 'setting',
        lastPublishedAt: null,
        note: null,
        signature: load.signature,
      })),
    };
    await createObject(bucket, names.tables(runId), object);
    return object;
  };

  const stopOne = async (index: number) => {
    const one = running[index];
    if (!one) return;
    one.shutdown.abort(new Error('shutdown'));
    await Promise.all(one.workers.map((worker) => worker.close()));
    one.connection.disconnect();
  };

  return {
    bucket,
    sourceId,
    paused,
    cancellations: createCancellations(connection, sourceId),
    destination,
    engine,
    history,
    deps,
    queues,
    connection,
    lines,
    /** What history holds. */
    get rows() {
      return history.rows;
    },
    start,
    add: (runId: string, tables: readonly string[]) =>
      requestRun(
        { queues, bucket },
        {
          sourceId,
          runId,
          trigger: 'manual',
          tables: tables.map((table) => ({ schema: 's', table })),
          isForced: true,
          requestedAt: new Date().toISOString(),
        },
      ),
    summary: (runId: string): Promise<SummaryObject> =>
      until(async () => (await readObject(bucket, names.summary(runId), summaryObjectSchema))?.value),
    loadName: (runId: string, table: string) => loadName(runId, { schema: 's', table }),
    close: async () => {
      await Promise.all(running.map((_, index) => stopOne(index)));
      await closeQueues(queues);
      connection.disconnect();
    },
  };
}

export type FakeService = ReturnType<typeof createFakeService>;
