import { isIP } from 'node:net';
import { z } from 'zod';
import { ENGINE_WISHES } from '../pipeline/mapping/index.ts';
import { SOURCE_ID_PATTERN } from '../pipeline/names/index.ts';
import { durationBetween, durationSchema } from './duration.ts';
import {
  address,
  dataset,
  datasetTemplate,
  list,
  pinnedSecretVersion,
  port,
  redisUrl,
  type Setting,
  secretVersion,
  setting,
  text,
  timeZone,
  wholeNumber,
} from './setting.ts';
import { bytesSchema } from './size.ts';

export type { Setting } from './setting.ts';

/**
 * Every environment variable Adutora reads. `.env.example` and docs/configuration.md are generated
 * from this table.
 */
export const SETTINGS = {
  SOURCE_ID: setting(z.string().regex(SOURCE_ID_PATTERN, 'expected [a-z][a-z0-9-]{0,19}'), {
    group: 'Source',
    doc: 'Name of this installation; leads every name outside (objects, job ids, labels).',
    example: 'slmandic',
  }),
  MYSQL_HOST: setting(text, {
    group: 'Source',
    doc: 'Host of the writer. A reader, a proxy or a pool in front of several servers is not supported.',
    example: 'aurora.cluster-example.sa-east-1.rds.amazonaws.com',
  }),
  MYSQL_PORT: setting(port, { group: 'Source', default: '3306', doc: 'Port of the writer.' }),
  MYSQL_USER: setting(text, {
    group: 'Source',
    doc: 'User with SELECT on the schemas and PROCESS.',
    example: 'adutora',
  }),
  MYSQL_PASSWORD: setting(text, {
    group: 'Source',
    isOptional: true,
    isSecret: true,
    doc: 'Password, for the local stack only: with a real cluster use MYSQL_PASSWORD_SECRET.',
  }),
  MYSQL_PASSWORD_SECRET: setting(secretVersion, {
    group: 'Source',
    isOptional: true,
    doc: 'Secret Manager version that holds the password. Only this name travels.',
    example: 'projects/slmandic-datalake-hml/secrets/mysql-password/versions/latest',
  }),
  MASK_KEY: setting(z.string().min(16, 'expected at least 16 characters'), {
    group: 'Source',
    isOptional: true,
    isSecret: true,
    doc: 'Key of `mask: hmac`, for the local stack only: with a real cluster use MASK_KEY_SECRET.',
  }),
  MASK_KEY_SECRET: setting(pinnedSecretVersion, {
    group: 'Source',
    isOptional: true,
    doc: 'Secret Manager version that holds the key of `mask: hmac`. A pinned version, not `latest`: another key makes other hashes.',
    example: 'projects/slmandic-datalake-hml/secrets/mask-key/versions/1',
  }),
  MYSQL_SCHEMAS: setting(list, {
    group: 'Source',
    doc: 'Schemas to load, separated by commas.',
    example: 'slmandic',
  }),
  MYSQL_TLS: setting(z.enum(['verify-identity', 'verify-ca', 'required', 'disabled']), {
    group: 'Source',
    default: 'verify-identity',
    doc: '`verify-identity`, `verify-ca` (with MYSQL_TLS_CA), `required` (encrypted, to whoever answers) or `disabled` (loopback only): docs/security.md.',
  }),
  MYSQL_TLS_CA: setting(text, {
    group: 'Source',
    isOptional: true,
    doc: "Path of the PEM file with the server's certificate authority. For Aurora the RDS bundle; without it the machine's own authorities are asked.",
  }),
  GOOGLE_CLOUD_PROJECT: setting(text, {
    group: 'Google Cloud',
    doc: 'Project of cluster, bucket and datasets.',
    example: 'slmandic-datalake-hml',
  }),
  DATAPROC_REGION: setting(text, {
    group: 'Google Cloud',
    doc: 'Region of the cluster.',
    example: 'us-central1',
  }),
  DATAPROC_CLUSTER: setting(text, {
    group: 'Google Cloud',
    doc: 'Name of the cluster.',
    example: 'dataproc-cluster-slmandic-datalake-hml',
  }),
  GCS_BUCKET: setting(text, {
    group: 'Google Cloud',
    doc: 'Bucket for decisions, stages and code.',
    example: 'bucket-slmandic-datalake-hml',
  }),
  BIGQUERY_LOCATION: setting(text, {
    group: 'Google Cloud',
    doc: 'Location of every dataset Adutora writes; part of every call.',
    example: 'us-central1',
  }),
  BIGQUERY_DATASET: setting(datasetTemplate, {
    group: 'Google Cloud',
    default: '{schema}',
    doc: 'Dataset of the tables; `{schema}` is replaced by the MySQL schema.',
  }),
  HISTORY_DATASET: setting(dataset, {
    group: 'Google Cloud',
    doc: 'Dataset of the history table.',
    example: 'adutora',
  }),
  HISTORY_TABLE: setting(dataset, {
    group: 'Google Cloud',
    default: 'Historico_Execucao',
    doc: 'Name of the history table.',
  }),
  REDIS_URL: setting(redisUrl, {
    group: 'Queue',
    isSecret: true,
    doc: 'Redis 6.2 or newer with maxmemory-policy noeviction.',
    example: 'redis://127.0.0.1:6379',
  }),
  SCHEDULE_CRON: setting(text, {
    group: 'Schedule',
    default: '0 3 * * *',
    doc: 'When a run starts, in five cron fields.',
  }),
  SCHEDULE_TIMEZONE: setting(timeZone, {
    group: 'Schedule',
    default: 'America/Sao_Paulo',
    doc: 'Time zone of SCHEDULE_CRON.',
  }),
  SCHEDULE_CATCH_UP: setting(durationSchema, {
    group: 'Schedule',
    default: '12h',
    doc: 'How old a missed slot may be and still be run; also how long verify is retried.',
  }),
  SETTLE_SECONDS: setting(wholeNumber(1, 3_600), {
    group: 'Loads',
    default: '10',
    doc: 'How old an UPDATE_TIME must be before it proves anything.',
  }),
  VERIFY_RUNNER: setting(z.enum(['worker', 'dataproc'], 'expected worker or dataproc'), {
    group: 'Loads',
    default: 'worker',
    doc: 'Who asks MySQL what has changed: `worker`, or `dataproc` where only the cluster reaches MySQL (a Dataproc job a run; docs/verify.md).',
  }),
  INGEST_CONCURRENCY: setting(wholeNumber(1, 64), {
    group: 'Loads',
    default: '1',
    doc: 'Loads at the same time, across all processes.',
  }),
  INGEST_ENGINE: setting(z.enum(ENGINE_WISHES, 'expected dataproc, direct or auto'), {
    group: 'Loads',
    default: 'dataproc',
    doc: 'How rows leave MySQL: `dataproc` (a Spark job an attempt), `direct` (the worker reads), or `auto`, by the size of the table. A rule `engine` in adutora.yml goes before it (docs/operations.md). The settings of Dataproc stay required.',
  }),
  DIRECT_MAX_BYTES: setting(bytesSchema, {
    group: 'Loads',
    default: '1GB',
    doc: 'Up to which size, data and indexes, `auto` has the worker read a table. One whose size the server does not tell goes by `dataproc`.',
  }),
  INGEST_ATTEMPTS: setting(wholeNumber(1, 20), {
    group: 'Loads',
    default: '5',
    doc: 'Attempts of a load before it fails.',
  }),
  SOURCE_MAX_READ_SECONDS: setting(wholeNumber(60, 604_800), {
    group: 'Loads',
    default: '3600',
    doc: 'How long the worker may read one table. MySQL keeps what it has begun with for so long, and every change made since beside it.',
  }),
  REMOTE_DEADLINE: setting(durationBetween('1m', '7d'), {
    group: 'Loads',
    default: '6h',
    doc: 'How long one Dataproc job may take before it is cancelled.',
  }),
  LOAD_DEADLINE: setting(durationBetween('1m', '7d'), {
    group: 'Loads',
    default: '8h',
    doc: 'How long a load may take, from its first attempt through all others.',
  }),
  RUN_DEADLINE: setting(durationBetween('1m', '13d'), {
    group: 'Loads',
    default: '20h',
    doc: 'How long a run may take, from its request to its end; then what is left of it is ended.',
  }),
  REMOTE_QUEUE_LIMIT: setting(durationBetween('1m', '7d'), {
    group: 'Loads',
    default: '30m',
    doc: 'How long a Dataproc job may wait for a place on the cluster before it is cancelled and tried again.',
  }),
  STAGE_RETENTION: setting(
    durationSchema.refine((ms) => ms >= 3_600_000, 'expected at least 1h'),
    {
      group: 'Loads',
      default: '3d',
      doc: 'How long after its run the staged rows of a load that was not published are kept, at least 1h; until then `accept` can publish what the guard has stopped.',
    },
  ),
  DATAPROC_SUBMITS_PER_MINUTE: setting(wholeNumber(1, 10_000), {
    group: 'Loads',
    default: '300',
    doc: 'Dataproc jobs that all processes of this installation submit a minute, at most; the quota is 400 a project and region.',
  }),
  STAGE_COMPRESSION: setting(z.enum(['none', 'gzip']), {
    group: 'Loads',
    default: 'none',
    doc: '`gzip` where a slow or paid network lies between: about 2.9 × smaller, 2.5 × the CPU.',
  }),
  MYSQL_DRIVER_JAR: setting(text, {
    group: 'Loads',
    isOptional: true,
    doc: 'Path of mysql-connector-j 9.5.0; without it the jar is fetched once from Maven Central (with mvn) and checked.',
  }),
  BOARD_HOST: setting(
    z
      .string()
      .refine(
        (host) => host === 'localhost' || isIP(host) !== 0,
        'expected an address of numbers, or localhost',
      ),
    {
      group: 'Board',
      default: '127.0.0.1',
      doc: 'Where the board listens. Beyond loopback it needs BOARD_USER and BOARD_PASSWORD (docs/security.md).',
    },
  ),
  BOARD_PORT: setting(port, { group: 'Board', default: '3000', doc: 'Port of the board.' }),
  BOARD_USER: setting(text.regex(/^[^:]+$/, 'expected a name without a colon'), {
    group: 'Board',
    isOptional: true,
    doc: 'Who may log in to the board (HTTP Basic), with BOARD_PASSWORD.',
  }),
  BOARD_PASSWORD: setting(z.string().min(12, 'expected at least 12 characters'), {
    group: 'Board',
    isOptional: true,
    isSecret: true,
    doc: 'Password of BOARD_USER.',
  }),
  BOARD_NAMES: setting(list, {
    group: 'Board',
    isOptional: true,
    doc: 'Host names under which the board is reached, separated by commas, as behind a proxy that ends TLS. It then needs a login, on loopback too.',
    example: 'adutora.example.org',
  }),
  BOARD_READ_ONLY: setting(
    z.enum(['true', 'false']).transform((value) => value === 'true'),
    {
      group: 'Board',
      default: 'false',
      doc: '`true`: the board only shows; nothing is retried or promoted on it.',
    },
  ),
  BIGQUERY_EMULATOR_HOST: setting(address, {
    group: 'Stand-ins',
    isOptional: true,
    doc: 'BigQuery stand-in, `host:port`.',
  }),
  GCS_API_ENDPOINT: setting(address, {
    group: 'Stand-ins',
    isOptional: true,
    doc: 'Cloud Storage stand-in, `host:port`.',
  }),
  DATAPROC_API_ENDPOINT: setting(address, {
    group: 'Stand-ins',
    isOptional: true,
    doc: 'Dataproc stand-in, `host:port`, plaintext.',
  }),
  SECRET_MANAGER_API_ENDPOINT: setting(address, {
    group: 'Stand-ins',
    isOptional: true,
    doc: 'Secret Manager stand-in, `host:port`, plaintext.',
  }),
} satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;

type Read<S> = S extends { schema: z.ZodType<infer T, string> } ? T : never;
/** Every setting as read; undefined only for the optional ones. */
export type SettingValues = {
  [K in SettingKey]: (typeof SETTINGS)[K] extends { isOptional: true }
    ? Read<(typeof SETTINGS)[K]> | undefined
    : Read<(typeof SETTINGS)[K]>;
};
