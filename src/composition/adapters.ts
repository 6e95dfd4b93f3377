import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { BigQuerySettings } from '../adapters/bigquery/client.ts';
import { createDestination } from '../adapters/bigquery/destination.ts';
import { createHistory } from '../adapters/bigquery/history.ts';
import { inspectBigQuery } from '../adapters/bigquery/inspect.ts';
import { createQueryRunner, type QueryRow } from '../adapters/bigquery/query-runner.ts';
import { inspectCluster } from '../adapters/dataproc/inspect.ts';
import { createRemoteJobs } from '../adapters/dataproc/remote-jobs.ts';
import { createBucket } from '../adapters/gcs/bucket.ts';
import { inspectBucket } from '../adapters/gcs/inspect.ts';
import { endStatements } from '../adapters/mysql/end-statements.ts';
import { createSourceQueries } from '../adapters/mysql/source-queries.ts';
import { createSecrets } from '../adapters/secrets/secrets.ts';
import type { Config } from '../config/config.ts';
import { proxyVariables } from '../config/proxy.ts';
import {
  createDataprocEngine,
  type DataprocEngine,
  type DataprocEngineSettings,
} from '../engines/dataproc/dataproc-engine.ts';
import { fetchDriverJar } from '../engines/dataproc/driver-jar.ts';
import type { DirectEngine } from '../engines/direct/direct-engine.ts';
import type { LoadDeps } from '../pipeline/load/index.ts';
import type { VerifySettings } from '../pipeline/mapping/index.ts';
import type { Spec } from '../pipeline/objects/index.ts';
import type {
  Bucket,
  Destination,
  History,
  Inspection,
  RemoteJobs,
  Secrets,
  SourceQueries,
} from '../pipeline/ports/index.ts';
import { remembering } from '../terminal/redact.ts';
import { openDirectEngine } from './direct-engine.ts';
import type { ReaderSettings } from './reader-thread.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Everything outside, behind its port. */
export interface Adapters {
  sourceQueries: SourceQueries;
  bucket: Bucket;
  destination: Destination;
  history: History;
  engines: { dataproc: DataprocEngine; direct: DirectEngine };
  remoteJobs: RemoteJobs;
  secrets: Secrets;
  inspection: Inspection;
  /**
   * Ends what an attempt has left running at MySQL; nothing where this process opens no connection
   * to it.
   */
  endStatements(spec: Spec): Promise<void>;
  query(sql: string): Promise<QueryRow[]>;
  close(): Promise<void>;
}

/**
 * How long MySQL is waited for where a person waits too; a service has the adapter's own patience,
 * some minutes.
 */
const PERSONS_PATIENCE = {
  connectTimeoutMs: 10_000,
  retry: { retries: 1, minTimeout: 500, maxTimeout: 500 },
};

type EngineOptions = Pick<DataprocEngineSettings, 'paceSubmission'> & { delayFactor?: number };

/**
 * Makes the adapters from the configuration, for a service or for a person's command. Nothing
 * connects yet. `delayFactor` shortens the waits between looks at a Dataproc job in tests;
 * `paceSubmission` spaces what is submitted to Dataproc.
 */
export function createAdapters(
  config: Config,
  use: 'service' | 'command' = 'service',
  options: EngineOptions = {},
): Adapters {
  const { settings } = config;
  const projectId = settings.GOOGLE_CLOUD_PROJECT;
  const secretSettings = {
    env: { MYSQL_PASSWORD: settings.MYSQL_PASSWORD, MASK_KEY: settings.MASK_KEY },
    apiEndpoint: settings.SECRET_MANAGER_API_ENDPOINT,
  };
  const secrets = remembering(createSecrets(secretSettings));
  const gcs = {
    projectId,
    bucket: settings.GCS_BUCKET,
    apiEndpoint: settings.GCS_API_ENDPOINT,
    proxy: proxyVariables(),
  };
  const bucket = createBucket(gcs);
  const bigquery = {
    projectId,
    location: settings.BIGQUERY_LOCATION,
    emulatorHost: settings.BIGQUERY_EMULATOR_HOST,
  };
  const dataproc = {
    projectId,
    region: settings.DATAPROC_REGION,
    cluster: settings.DATAPROC_CLUSTER,
    apiEndpoint: settings.DATAPROC_API_ENDPOINT,
  };
  const remoteJobs = createRemoteJobs(dataproc);
  const cluster = inspectCluster(dataproc);
  const engines = enginesOf(config, { bucket, remoteJobs, gcs, secrets: secretSettings }, options);
  const sourceQueries = queriesOf(config, { secrets, engines }, use === 'command' ? PERSONS_PATIENCE : {});
  return {
    sourceQueries,
    bucket,
    engines,
    remoteJobs,
    secrets,
    inspection: {
      ...inspectBucket({ ...gcs, sourceId: settings.SOURCE_ID }),
      ...inspectBigQuery(bigquery),
      cluster: cluster.cluster,
    },
    endStatements: statementsEnder(config, secrets),
    destination: createDestination(bigquery),
    history: history(config, bigquery, bucket),
    query: createQueryRunner(bigquery),
    close: async () => {
      await engines.direct.close();
      await sourceQueries.close();
      await remoteJobs.close();
      await cluster.close();
    },
  };
}

function enginesOf(
  { settings }: Config,
  { bucket, remoteJobs, gcs, secrets }: Pick<Adapters, 'bucket' | 'remoteJobs'> & ReaderSettings,
  { delayFactor = 1, paceSubmission }: EngineOptions,
): Adapters['engines'] {
  return {
    dataproc: createDataprocEngine({
      bucket,
      remoteJobs,
      sourceId: settings.SOURCE_ID,
      scriptDir: join(ROOT, 'spark'),
      driverJar: async () => settings.MYSQL_DRIVER_JAR ?? fetchDriverJar(join(ROOT, '.local', 'm2')),
      deadlineMs: settings.REMOTE_DEADLINE,
      queueLimitMs: settings.REMOTE_QUEUE_LIMIT,
      paceSubmission,
      ...clock,
      sleep: (ms, signal) => clock.sleep(ms * delayFactor, signal),
    }),
    direct: openDirectEngine({
      ...{ gcs, secrets, bucket, now: clock.now },
      maxReadMs: settings.SOURCE_MAX_READ_SECONDS * 1_000,
    }),
  };
}

function history({ settings }: Config, bigquery: BigQuerySettings, bucket: Bucket): History {
  const { HISTORY_DATASET: dataset, HISTORY_TABLE: table } = settings;
  return createHistory({ ...bigquery, dataset, table, bucket });
}

/** With `VERIFY_RUNNER=dataproc` this process opens no connection to MySQL. */
function statementsEnder({ settings, address }: Config, secrets: Secrets): Adapters['endStatements'] {
  if (settings.VERIFY_RUNNER !== 'worker') return async () => undefined;
  const mysql = { address, password: () => secrets.read(address.password) };
  return async (spec) => void (await endStatements(mysql, spec));
}

/** With `VERIFY_RUNNER=dataproc` this process opens no connection to MySQL. */
function queriesOf(
  { settings, address }: Config,
  { secrets, engines }: Pick<Adapters, 'secrets' | 'engines'>,
  patience: Partial<typeof PERSONS_PATIENCE>,
): SourceQueries {
  if (settings.VERIFY_RUNNER === 'worker')
    return createSourceQueries({
      address,
      password: () => secrets.read(address.password),
      ...patience,
    });
  return {
    capture: (request) => engines.dataproc.captureSource({ ...request, address }),
    close: async () => undefined,
  };
}

/** Real time and chance. */
export const clock = {
  now: () => new Date(),
  random: () => Math.random(),
  sleep: (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal }),
};

export function verifySettings(config: Config): VerifySettings {
  const { settings } = config;
  return {
    sourceId: settings.SOURCE_ID,
    schemas: settings.MYSQL_SCHEMAS,
    datasetTemplate: settings.BIGQUERY_DATASET,
    settleSeconds: settings.SETTLE_SECONDS,
    maxStalenessMs: config.maxStalenessMs,
    compression: settings.STAGE_COMPRESSION,
    engine: settings.INGEST_ENGINE,
    directMaxBytes: settings.DIRECT_MAX_BYTES,
    runner: settings.VERIFY_RUNNER,
    rulesFor: config.rulesFor,
    rulePlaces: config.rulePlaces,
    maskKey: config.maskKey,
    exclusionRule: config.exclusionRule,
  };
}

/** What loads work with. */
export function loadDeps(
  { settings, address }: Config,
  { bucket, destination, engines, endStatements }: Adapters,
): LoadDeps {
  const { INGEST_ATTEMPTS: maxAttempts, LOAD_DEADLINE: deadlineMs } = settings;
  return { bucket, destination, engines, endStatements, address, maxAttempts, deadlineMs, ...clock };
}
