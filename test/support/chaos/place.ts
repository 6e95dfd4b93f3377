import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Connection } from 'mysql2/promise';
import type { Component } from '../../../local/component.ts';
import { startFaultProxy } from '../../../local/faults/fault-proxy.ts';
import type { FaultRules } from '../../../local/faults/fault-rules.ts';
import { connectAsAdmin } from '../../../local/mysql/admin.ts';
import { startRedis } from '../../../local/redis/redis.ts';
import { DATA_VARIABLE } from '../../../local/tools/leftovers.ts';
import { onFreePorts } from '../../../local/tools/ports.ts';
import { type Adapters, createAdapters } from '../../../src/composition/adapters.ts';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { manualRunName, objectNames } from '../../../src/pipeline/names/index.ts';
import { closeQueues, createQueues, type Queues } from '../../../src/queues/queues.ts';
import { requestRun } from '../../../src/queues/request-run.ts';
import { createWorkerConnection } from '../../../src/redis/connection.ts';
import { FAR_POLL_MS, pause, until } from '../wait.ts';
import { startFastDataproc } from './fast-dataproc.ts';
import { type FastSpark, startFastSpark } from './fast-spark.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { gatherFacts, type Sources } from './gather.ts';
import type { Facts } from './oracle.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWriter, type Writer } from './writer.ts';

/**
 * An installation under fire: real worker processes, every part between them and the world to be
 * broken at will.
 */
export interface Place {
  sourceId: string;
  schema: string;
  env: Record<string, string>;
  config: Config;
  tables: readonly string[];
  fleet: Fleet;
  writer: Writer;
  spark: FastSpark;
  adapters: Adapters;
  queues: Queues;
  admin: Connection;
  redis: OwnRedis;
  links: { redis: TcpProxy; mysql: TcpProxy };
  /** Calls of Cloud Storage and Dataproc; BigQuery's are switched by `failBigQuery`. */
  faults: { gcs: FaultRules; dataproc: FaultRules };
  failBigQuery(rule: { call: string; times: number; fault: object } | null): Promise<void>;
  sources: Sources;
  /** Names of the runs that were asked for. */
  asked: string[];
  ask(tables?: readonly string[]): Promise<string>;
  ended(runId: string): Promise<void>;
  facts(): Promise<Facts>;
  close(): Promise<void>;
}

/** A Redis of its own, to be killed and emptied. */
export interface OwnRedis {
  /** Directly, past the proxy; it waits for Redis to come back. */
  connection: Redis;
  kill(): Promise<void>;
  /** Starts it again over what its append-only file holds; `empty` takes that away first. */
  start(what: 'kept' | 'empty'): Promise<void>;
}

export interface PlaceInput {
  /** Settings of a running stack. */
  stackEnv: Record<string, string>;
  /** The stack's data folder, and one of the place's own. */
  stackDir: string;
  folder: string;
  tables: number;
  settings?: Record<string, string>;
  /** What a reader waits between two looks at its table. */
  readingMs?: () => number;
}

export async function openPlace(input: PlaceInput): Promise<Place> {
  const { stackEnv, folder } = input;
  const id = `c${randomBytes(5).toString('hex')}`;
  const schema = `s_${id}`;
  const tables = Array.from({ length: input.tables }, (_, index) => `t${String(index).padStart(2, '0')}`);
  const admin = await connectAsAdmin(stackEnv);
  await admin.query(`CREATE DATABASE ${schema}`);
  await admin.query(`USE ${schema}`);
  const { redis, port } = await openRedis(folder);
  const links = {
    redis: await startTcpProxy(port),
    mysql: await startTcpProxy(Number(stackEnv['MYSQL_PORT'])),
  };
  const gcs = await startFaultProxy(`http://${stackEnv['GCS_API_ENDPOINT']}`);
  const direct = {
    ...stackEnv,
    SOURCE_ID: id,
    HISTORY_DATASET: `h_${id}`,
    MYSQL_SCHEMAS: schema,
    SETTLE_SECONDS: '1',
  };
  const own = { ...direct, ...input.settings, REDIS_URL: `redis://127.0.0.1:${port}` };
  const config = loadConfig(own, folder);
  const adapters = createAdapters(config);
  const password = stackEnv['MYSQL_PASSWORD'] ?? '';
  const spark = await startFastSpark({
    bucket: adapters.bucket,
    folder,
    password,
    wait: () => pause(input.readingMs?.() ?? 0),
  });
  const dataproc = await startFastDataproc({ stackEnv, folder, spark });
  const env = {
    ...own,
    [DATA_VARIABLE]: folder,
    REDIS_URL: `redis://127.0.0.1:${links.redis.port}`,
    MYSQL_PORT: String(links.mysql.port),
    GCS_API_ENDPOINT: gcs.address.replace('http://', ''),
    DATAPROC_API_ENDPOINT: `127.0.0.1:${dataproc.port}`,
  };
  const queues = createQueues({ connection: redis.connection, sourceId: id, onError: () => undefined });
  const fleet = openFleet(env);
  const writer = await openWriter(admin, tables);
  const sources: Sources = {
    ...{ config, adapters, schema, tables },
    redis: redis.connection,
    reads: spark.reads,
    commits: writer.commits,
    jobsDir: join(folder, 'dataproc', 'jobs'),
    bucketDir: join(input.stackDir, 'gcs', stackEnv['GCS_BUCKET'] ?? ''),
    output: fleet.output,
    secrets: [password],
  };
  const asked: string[] = [];
  return {
    ...{
      sourceId: id,
      schema,
      env,
      config,
      tables,
      fleet,
      writer,
      spark,
      adapters,
      queues,
      admin,
      redis,
      links,
      sources,
      asked,
    },
    faults: { gcs: gcs.faults, dataproc: dataproc.faults },
    failBigQuery: (rule) => failBigQuery(stackEnv, rule),
    ask: async (some) => {
      const runId = manualRunName(new Date(), randomBytes(2).toString('hex'));
      asked.push(runId);
      await requestRun(
        { queues, bucket: adapters.bucket },
        {
          ...{ sourceId: id, runId, trigger: 'manual', isForced: some !== undefined },
          tables: some?.map((table) => ({ schema, table })) ?? null,
          requestedAt: new Date().toISOString(),
        },
      );
      return runId;
    },
    ended: async (runId) =>
      void (await until(() => adapters.bucket.exists(objectNames(id).summary(runId)), FAR_POLL_MS)),
    facts: () => gatherFacts(sources, asked),
    close: async () => {
      await writer.stop();
      for (const link of Object.values(links)) link.set({ kind: 'pass' });
      await fleet.close();
      await closeQueues(queues);
      redis.connection.disconnect();
      await redis.kill();
      await Promise.all(
        [...Object.values(links), gcs, dataproc, spark, adapters].map((part) => part.close()),
      );
      await admin.query(`DROP DATABASE ${schema}`);
      await admin.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openRedis(folder: string): Promise<{ redis: OwnRedis; port: number }> {
  const place = { dataDir: folder, logDir: join(folder, 'log'), env: { [DATA_VARIABLE]: folder } };
  const first = await onFreePorts(async (ports) => ({
    port: ports.redis,
    component: await startRedis({ ...place, port: ports.redis }),
  }));
  const { port } = first;
  let component: Component | null = first.component;
  const connection = createWorkerConnection(`redis://127.0.0.1:${port}`, { onError: () => undefined });
  const redis: OwnRedis = {
    connection,
    kill: async () => {
      if (!component) return;
      process.kill(component.pid, 'SIGKILL');
      await component.died;
      component = null;
    },
    start: async (what) => {
      if (what === 'empty') await rm(join(folder, 'redis'), { recursive: true, force: true });
      component = await startRedis({ ...place, port });
    },
  };
  return { redis, port };
}

async function failBigQuery(env: Record<string, string>, rule: object | null): Promise<void> {
  const method = rule === null ? 'DELETE' : 'POST';
  const headers = { 'content-type': 'application/json' };
  const body = rule === null ? {} : { body: JSON.stringify(rule) };
  await fetch(`http://${env['BIGQUERY_EMULATOR_HOST']}/_faults`, { method, headers, ...body });
}
