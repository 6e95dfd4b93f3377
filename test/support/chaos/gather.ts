import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Adapters } from '../../../src/composition/adapters.ts';
import type { Config } from '../../../src/config/config.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import { tablesObjectSchema } from '../../../src/pipeline/objects/run.ts';
import { readObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { Read } from './fast-spark.ts';
import type { Facts, HistoryFact } from './oracle.ts';
import type { StateRow } from './states.ts';
import type { Commit } from './writer.ts';

/** Where the facts of an installation lie; everything is asked directly, past every proxy. */
export interface Sources {
  config: Config;
  adapters: Adapters;
  redis: Redis;
  schema: string;
  tables: readonly string[];
  reads: readonly Read[];
  commits: readonly Commit[];
  /** Folder of the Dataproc stand-in's jobs, and of the stand-in's bucket. */
  jobsDir: string;
  bucketDir: string;
  /** What the workers have written. */
  output(): string;
  /** Never to be seen anywhere. */
  secrets: readonly string[];
}

export async function gatherFacts(sources: Sources, asked: readonly string[]): Promise<Facts> {
  const { reads, commits } = sources;
  const [runs, publishes, history, destinations, staged] = await Promise.all([
    runsOf(sources, asked),
    publishesOf(sources),
    historyOf(sources),
    Promise.all(
      sources.tables.map(async (table) => ({ table, rows: await destinationRows(sources, table) })),
    ),
    stagedOf(sources),
  ]);
  const jobs = jobsOf(sources);
  return {
    ...runs,
    publishes,
    history,
    destinations,
    staged,
    jobs,
    reads,
    commits,
    secrets: await secretsOf(sources),
  };
}

async function runsOf(
  { config, adapters: { bucket } }: Sources,
  asked: readonly string[],
): Promise<Pick<Facts, 'runs' | 'decided'>> {
  const names = objectNames(config.settings.SOURCE_ID);
  const all = [...new Set([...asked, ...(await bucket.folders(names.runs))])];
  const found = await Promise.all(
    all.map(async (runId) => ({
      runId,
      isEnded: await bucket.exists(names.summary(runId)),
      decided: (await readObject(bucket, names.tables(runId), tablesObjectSchema))?.value,
    })),
  );
  return {
    runs: found.map(({ runId, isEnded }) => ({ runId, isEnded })),
    decided: found.flatMap(({ runId, decided }) =>
      (decided?.tables ?? []).map(({ table, loadId }) => ({
        runId,
        table,
        isLoad: loadId !== null,
        decidedAtMs: Date.parse(decided?.decidedAt ?? ''),
      })),
    ),
  };
}

interface WireJob {
  jobReference: { jobId: string };
  status: { state: string; errorResult?: object };
  statistics: { endTime?: string };
  configuration?: { load?: { destinationTable: { tableId: string } } };
}

async function publishesOf({ config: { settings } }: Sources): Promise<Facts['publishes']> {
  const { BIGQUERY_EMULATOR_HOST, GOOGLE_CLOUD_PROJECT, SOURCE_ID } = settings;
  const base = `http://${BIGQUERY_EMULATOR_HOST}/bigquery/v2/projects/${GOOGLE_CLOUD_PROJECT}/jobs`;
  const answer = await fetch(`${base}?projection=full&maxResults=1000000`);
  const { jobs } = (await answer.json()) as { jobs: WireJob[] };
  return jobs
    .filter(
      ({ jobReference: { jobId }, configuration }) =>
        configuration?.load && jobId.startsWith(`${SOURCE_ID}-`),
    )
    .filter(({ status }) => status.state === 'DONE' && !status.errorResult)
    .map(({ jobReference: { jobId }, statistics, configuration }) => ({
      id: jobId,
      attemptId: jobId.slice(SOURCE_ID.length + 1).replace(/-p\d+$/, ''),
      table: configuration?.load?.destinationTable.tableId ?? '',
      endedAtMs: Number(statistics.endTime),
    }))
    .sort((one, other) => one.endedAtMs - other.endedAtMs);
}

async function historyOf({ config: { settings }, adapters }: Sources): Promise<HistoryFact[]> {
  const { HISTORY_DATASET, HISTORY_TABLE, SOURCE_ID } = settings;
  const columns = ['run_id', 'table_name', 'status', 'reason', 'error_code', 'consistency', 'decided_at'];
  const rows = await adapters
    .query(
      `SELECT ${columns.join(', ')}, bigquery_job_id, CAST(signature AS VARCHAR) AS signature FROM \`${HISTORY_DATASET}.${HISTORY_TABLE}\` WHERE source_id = '${SOURCE_ID}'`,
    )
    // Before the first row there is no table.
    .catch(() => []);
  return rows.map((row) => ({
    runId: String(row['run_id']),
    table: String(row['table_name']),
    status: String(row['status']),
    reason: String(row['reason']),
    code: textOf(row['error_code']),
    consistency: textOf(row['consistency']),
    decidedAtMs: Date.parse((row['decided_at'] as { value: string }).value),
    publish: textOf(row['bigquery_job_id']),
    updateTimeS: updateTime(textOf(row['signature'])),
  }));
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

function updateTime(signature: string | null): number | null {
  const { updateTime: time } = JSON.parse(signature ?? '{}') as {
    updateTime?: { state: string; at?: string };
  };
  return time?.state === 'known' && time.at ? Date.parse(`${time.at.replace(' ', 'T')}Z`) / 1_000 : null;
}

/** All rows of a destination; none where it is not there. */
export async function destinationRows(
  { adapters, schema }: Pick<Sources, 'adapters' | 'schema'>,
  table: string,
): Promise<StateRow[]> {
  if (!(await adapters.destination.describe({ dataset: schema, table }))) return [];
  const rows = await adapters.query(`SELECT id, state, body FROM \`${schema}.${table}\``);
  return rows.map((row) => ({
    id: Number(row['id']),
    state: Number(row['state']),
    body: String(row['body']),
  }));
}

async function stagedOf({ config, adapters }: Sources): Promise<Facts['staged']> {
  const prefix = `${config.settings.SOURCE_ID}/stage/`;
  return (await adapters.bucket.list(prefix)).flatMap(({ name }) => {
    const [attemptId = '', folder] = name.slice(prefix.length).split('/');
    return folder === 'data' ? [{ attemptId, object: name }] : [];
  });
}

function jobsOf({ jobsDir, config }: Sources): Facts['jobs'] {
  const files = existsSync(jobsDir) ? readdirSync(jobsDir).map((id) => join(jobsDir, id, 'job.json')) : [];
  return files.filter(existsSync).flatMap((file) => {
    const { job } = JSON.parse(readFileSync(file, 'utf8')) as {
      job: { reference: { jobId: string }; labels: Record<string, string> };
    };
    const { installation, run: runId, load: loadId, attempt: attemptId } = job.labels;
    if (installation !== config.settings.SOURCE_ID) return [];
    return [{ id: job.reference.jobId, loadId: `${runId}-${loadId}`, attemptId: attemptId ?? '' }];
  });
}

/** Where a secret stands in any of the forms in which it may have been written. */
async function secretsOf(sources: Sources): Promise<string[]> {
  const { config, output, redis, bucketDir, jobsDir, secrets } = sources;
  const { SOURCE_ID } = config.settings;
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]);
  const holds = (text: string) => forms.some((form) => text.includes(form));
  const inFiles = [
    join(bucketDir, SOURCE_ID),
    join(bucketDir, 'google-cloud-dataproc-metainfo'),
    jobsDir,
  ].flatMap((folder) => filesBelow(folder).filter((file) => holds(readFileSync(file, 'latin1'))));
  const inHistory = JSON.stringify(
    await sources.adapters.history.recent({ sourceId: SOURCE_ID, limit: 10_000 }).catch(() => []),
  );
  return [
    ...(holds(output()) ? ["the workers' output"] : []),
    ...(holds(inHistory) ? ['history'] : []),
    ...inFiles.map((file) => `the file ${file}`),
    ...(await keysOf(redis)).filter(({ text }) => holds(text)).map(({ key }) => `the key ${key} of Redis`),
  ];
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function keysOf(redis: Redis): Promise<{ key: string; text: string }[]> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, '0', '-1'),
    stream: (key) => redis.xrange(key, '-', '+'),
  };
  const keys = await redis.keys('*');
  return Promise.all(
    keys.map(async (key) => ({
      key,
      text: `${key} ${JSON.stringify(await readers[await redis.type(key)]?.(key))}`,
    })),
  );
}
