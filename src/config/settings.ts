import { z } from 'zod';
import { SOURCE_ID_PATTERN } from '../pipeline/names.ts';
import { durationBetween, durationSchema } from './duration.ts';
import { redisUrlProblem } from './redis-url.ts';

const text = z.string().min(1);
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);
const port = wholeNumber(1, 65_535);
const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const dataset = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,1024}$/, 'expected a BigQuery dataset name: letters, digits, underscores');
const datasetTemplate = z
  .string()
  .regex(
    /^[A-Za-z0-9_]*(\{schema\})?[A-Za-z0-9_]*$/,
    'expected letters, digits, underscores and at most one {schema}',
  );
const timeZone = text.refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'expected a time zone name such as America/Sao_Paulo');
const address = z
  .string()
  .regex(
    /^(https?:\/\/)?(127\.0\.0\.1|localhost|\[::1\]):\d+\/?$/,
    'expected host:port on the loopback interface',
  );

const redisUrl = z.string().transform((value, context) => {
  const problem = redisUrlProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
  return value;
});

const secretVersion = z
  .string()
  .regex(
    /^projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/,
    'expected projects/P/secrets/NAME/versions/VERSION',
  );

/** One that stays what it is. */
const pinnedSecretVersion = z
  .string()
  .regex(
    /^projects\/[^/]+\/secrets\/[^/]+\/versions\/\d+$/,
    'expected projects/P/secrets/NAME/versions/NUMBER: a key that changes unseen makes other hashes in unchanged tables',
  );

/** One environment variable: how its text is read, its default as text (none: required or optional), what it is for. */
export interface Setting<T = unknown> {
  schema: z.ZodType<T, string>;
  default?: string;
  isOptional?: true;
  isSecret?: true;
  group: 'Source' | 'Google Cloud' | 'Queue' | 'Schedule' | 'Loads' | 'Board' | 'Stand-ins';
  doc: string;
  example?: string;
}

const setting = <T, S extends Omit<Setting<T>, 'schema'>>(schema: z.ZodType<T, string>, about: S) => ({
  schema,
  ...about,
});

/** Every environment variable Adutora reads. `.env.example` and docs/configuration.md are generated from this table. */
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
  INGEST_ENGINE: setting(z.literal('dataproc', 'expected dataproc'), {
    group: 'Loads',
    default: 'dataproc',
    doc: 'How rows leave MySQL: `dataproc`.',
  }),
  INGEST_ATTEMPTS: setting(wholeNumber(1, 20), {
    group: 'Loads',
    default: '5',
    doc: 'Attempts of a load before it fails.',
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
    z.enum(['127.0.0.1', 'localhost', '::1'], 'expected a loopback address: the board has no login yet'),
    { group: 'Board', default: '127.0.0.1', doc: 'Where the board listens; loopback only for now.' },
  ),
  BOARD_PORT: setting(port, { group: 'Board', default: '3000', doc: 'Port of the board.' }),
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
