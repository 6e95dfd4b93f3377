import { createHash } from 'node:crypto';
import { ADMIN_USER, type MysqlPasswords, READER_USER } from '../mysql/mysql.ts';
import type { Part, Ports } from '../tools/ports.ts';
import type { Installed } from './install-all.ts';

/** The names that the stand-ins answer to, after the ones of the pipeline that Adutora replaces. */
export const PLACE = {
  project: 'slmandic-datalake-local',
  region: 'us-central1',
  cluster: 'dataproc-cluster-slmandic-datalake-local',
  bucket: 'bucket-slmandic-datalake-local',
} as const;

/**
 * Every setting of Adutora for a stack with these parts, and the MySQL admin's name and password.
 */
export function stackEnv(
  parts: readonly Part[],
  { ports, passwords, installed }: { ports: Ports; passwords: MysqlPasswords; installed: Installed },
): Record<string, string> {
  const settings: Record<Part, Record<string, string>> = {
    redis: { REDIS_URL: `redis://127.0.0.1:${ports.redis}` },
    mysql: mysqlSettings(ports, passwords),
    gcs: { GCS_BUCKET: PLACE.bucket, GCS_API_ENDPOINT: `127.0.0.1:${ports.gcs}` },
    bigquery: {
      BIGQUERY_DATASET: '{schema}',
      BIGQUERY_LOCATION: 'southamerica-east1',
      BIGQUERY_EMULATOR_HOST: `127.0.0.1:${ports.bigquery}`,
      HISTORY_DATASET: 'adutora',
      HISTORY_TABLE: 'Historico_Execucao',
    },
    dataproc: {
      DATAPROC_REGION: PLACE.region,
      DATAPROC_CLUSTER: PLACE.cluster,
      DATAPROC_API_ENDPOINT: `127.0.0.1:${ports.dataproc}`,
      MYSQL_DRIVER_JAR: installed.mysqlDriver,
    },
  };
  return Object.assign(
    { SOURCE_ID: 'main', GOOGLE_CLOUD_PROJECT: PLACE.project },
    ...parts.map((part) => settings[part]),
    scheduleSettings(ports),
  );
}

/** What stands in for Secret Manager: the values that a Spark job looks up by name. */
export function jobSecrets({ reader }: MysqlPasswords): { MYSQL_PASSWORD: string; MASK_KEY: string } {
  const maskKey = createHash('sha256').update(`mask key of ${reader}`).digest('hex');
  return { MYSQL_PASSWORD: reader, MASK_KEY: maskKey };
}

function mysqlSettings(ports: Ports, passwords: MysqlPasswords): Record<string, string> {
  return {
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(ports.mysql),
    MYSQL_USER: READER_USER,
    ...jobSecrets(passwords),
    MYSQL_SCHEMAS: 'slmandic',
    MYSQL_TLS: 'disabled',
    STACK_MYSQL_ADMIN_USER: ADMIN_USER,
    STACK_MYSQL_ADMIN_PASSWORD: passwords.admin,
  };
}

function scheduleSettings(ports: Ports): Record<string, string> {
  return {
    SCHEDULE_CRON: '0 3 * * *',
    SCHEDULE_TIMEZONE: 'America/Sao_Paulo',
    SCHEDULE_CATCH_UP: '12h',
    SETTLE_SECONDS: '10',
    INGEST_CONCURRENCY: '1',
    INGEST_ENGINE: 'dataproc',
    INGEST_ATTEMPTS: '5',
    BOARD_HOST: '127.0.0.1',
    BOARD_PORT: String(ports.board),
  };
}
