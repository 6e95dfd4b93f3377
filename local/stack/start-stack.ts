import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, checkPortIsFree, freePort } from '../component.ts';
import { startGcs } from '../gcs/gcs.ts';
import { ADMIN, type MysqlPasswords, startMysql } from '../mysql/mysql.ts';
import { startRedis } from '../redis/redis.ts';
import type { Installed } from './install-all.ts';
import { startBigQuery, startDataproc } from './stand-ins.ts';

/** Default ports, each changed by `STACK_PORT_NAME`. */
export const DEFAULT_PORTS = {
  redis: 6390,
  mysql: 3310,
  gcs: 4443,
  bigquery: 9050,
  dataproc: 9060,
  board: 3000,
};
export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = Record<PortName, number>;

export const PROJECT = 'slmandic-datalake-local';
export const BUCKET = 'bucket-slmandic-datalake-local';
export const REGION = 'us-central1';
export const CLUSTER = 'dataproc-cluster-slmandic-datalake-local';
export const LOCATION = 'us-central1';

export interface Stack {
  components: Component[];
  /** Every setting of Adutora for this stack, and the admin user's. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** The stack's ports from the environment, or free ones. Throws a `StackError` for a port that is taken. */
export async function choosePorts(kind: 'default' | 'free'): Promise<Ports> {
  const names = Object.keys(DEFAULT_PORTS) as PortName[];
  const entries: [PortName, number][] = [];
  for (const name of names) {
    const variable = `STACK_PORT_${name.toUpperCase()}`;
    const port = kind === 'free' ? await freePort() : Number(process.env[variable] ?? DEFAULT_PORTS[name]);
    if (kind === 'default' && name !== 'board') await checkPortIsFree(name, port, variable);
    entries.push([name, port]);
  }
  return Object.fromEntries(entries) as Ports;
}

/** Starts every part on loopback and waits until each answers; what was started is stopped again if one fails. */
export async function startStack(input: {
  installed: Installed;
  dataDir: string;
  logDir?: string;
  ports: Ports;
  report?: (component: Component) => void;
}): Promise<Stack> {
  const { installed, dataDir, ports } = input;
  const logDir = input.logDir ?? join(dataDir, 'log');
  await mkdir(dataDir, { recursive: true });
  const components: Component[] = [];
  const stop = async () => {
    for (const component of components.reverse()) await component.stop();
    components.length = 0;
  };
  const add = (component: Component) => {
    components.push(component);
    input.report?.(component);
  };
  const common = { dataDir, logDir };
  try {
    add(await startRedis({ ...common, port: ports.redis }));
    const { component, passwords } = await startMysql({ ...common, port: ports.mysql });
    add(component);
    add(await startGcs({ ...common, port: ports.gcs, project: PROJECT, bucket: BUCKET }));
    add(await startBigQuery({ ...common, ports, project: PROJECT }));
    const place = { project: PROJECT, region: REGION, cluster: CLUSTER, bucket: BUCKET };
    add(await startDataproc({ ...common, ports, installed, password: passwords.reader, ...place }));
    return { components, env: stackEnv(ports, passwords, installed), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function stackEnv(ports: Ports, passwords: MysqlPasswords, installed: Installed): Record<string, string> {
  return {
    SOURCE_ID: 'main',
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(ports.mysql),
    MYSQL_USER: 'adutora',
    MYSQL_PASSWORD: passwords.reader,
    MYSQL_SCHEMAS: 'slmandic',
    MYSQL_TLS: 'disabled',
    MYSQL_DRIVER_JAR: installed.mysqlDriver,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    DATAPROC_REGION: REGION,
    DATAPROC_CLUSTER: CLUSTER,
    GCS_BUCKET: BUCKET,
    BIGQUERY_DATASET: '{schema}',
    BIGQUERY_LOCATION: LOCATION,
    HISTORY_DATASET: 'adutora',
    HISTORY_TABLE: 'Historico_Execucao',
    REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    SCHEDULE_CRON: '0 3 * * *',
    SCHEDULE_TIMEZONE: 'America/Sao_Paulo',
    SCHEDULE_CATCH_UP: '12h',
    SETTLE_SECONDS: '10',
    INGEST_CONCURRENCY: '1',
    INGEST_ENGINE: 'dataproc',
    INGEST_ATTEMPTS: '5',
    BOARD_HOST: '127.0.0.1',
    BOARD_PORT: String(ports.board),
    BIGQUERY_EMULATOR_HOST: `127.0.0.1:${ports.bigquery}`,
    GCS_API_ENDPOINT: `127.0.0.1:${ports.gcs}`,
    DATAPROC_API_ENDPOINT: `127.0.0.1:${ports.dataproc}`,
    STACK_MYSQL_ADMIN_USER: ADMIN,
    STACK_MYSQL_ADMIN_PASSWORD: passwords.admin,
  };
}
