import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { readNumbers } from '../local/arguments.ts';
import { createSample } from '../local/sample/create-sample.ts';
import { installAll } from '../local/stack/install-all.ts';
import { startStack } from '../local/stack/start-stack.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import { DATA_VARIABLE } from '../local/tools/leftovers.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createRemoteJobs } from '../src/adapters/dataproc/remote-jobs.ts';
import { createAdapters } from '../src/composition/adapters.ts';
import { loadConfig } from '../src/config/config.ts';
import { attemptName, loadName, manualRunName, objectNames } from '../src/pipeline/names/index.ts';
import { manifestSchema, type SummaryObject, summaryObjectSchema } from '../src/pipeline/objects/index.ts';
import { readObject } from '../src/pipeline/ports/index.ts';
import { addRun, closeQueues, createQueues } from '../src/queues/queues.ts';
import { createProducerConnection } from '../src/redis/connection.ts';
import { cpuSeconds, median, memoryOfAll, peakMemory, watchPeak } from './processes.ts';
import { type RunTimes, runTimes } from './run-times.ts';

const USAGE = `Usage: npm run bench -- pipeline [REPEATS]

A run of ten small tables, and a load of one million rows, on a stack of its own: what the worker costs, and what Spark.
Median of the repeats (3).`;
const [[REPEATS = 3] = []] = readNumbers(USAGE, 1);
const SMALL = [
  'alunos',
  'bolsas',
  'campus',
  'cursos',
  'disciplinas',
  'documentos',
  'emprestimos',
  'pagamentos',
  'professores',
  'turmas',
];
const LARGE = 'notas';
const LARGE_ROWS = 1_000_000;

const say = (line: string) => process.stderr.write(`${line}\n`);
const installed = await installAll(say);
const dataDir = makeTemporaryFolder('adutora-bench-');
const stack = await startStack({ installed, dataDir, ports: 'free' });
const { env } = stack;
await fillMysql();
/** As `npm start` does it. */
const [, , ...startArguments] = packageJson.scripts.start.split(' ');
const worker = spawn(process.execPath, [...startArguments, '--roles', 'worker'], {
  // The folder by which it is found and ended, should this process be stopped.
  env: { ...process.env, ...env, [DATA_VARIABLE]: dataDir },
  cwd: join(import.meta.dirname, '..'),
  stdio: 'ignore',
});
const config = loadConfig(env, dataDir);
const adapters = createAdapters(config);
const {
  SOURCE_ID: sourceId,
  REDIS_URL,
  GOOGLE_CLOUD_PROJECT: projectId,
  DATAPROC_REGION: region,
  DATAPROC_CLUSTER: cluster,
} = config.settings;
const remoteJobs = createRemoteJobs({
  projectId,
  region,
  cluster,
  apiEndpoint: config.settings.DATAPROC_API_ENDPOINT,
});
const connection = await createProducerConnection(REDIS_URL);
const queues = createQueues({ connection, sourceId, onError: () => undefined });

const ended = once(worker, 'exit').then(() => Promise.reject(new Error('The worker has ended by itself.')));

try {
  await Promise.race([measure(), ended]);
} finally {
  worker.kill('SIGTERM');
  await closeQueues(queues);
  connection.disconnect();
  await remoteJobs.close();
  await adapters.close();
  await stack.stop();
}

async function measure(): Promise<void> {
  const pid = worker.pid ?? 0;
  say('warming up: the code into the bucket …');
  await start(['campus']);
  const runs: RunTimes[] = [];
  const stages: { startUp: number; seconds: number; peak: number }[] = [];
  const cpu: number[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    say(`repeat ${repeat} of ${REPEATS}: ten tables …`);
    const before = cpuSeconds(pid);
    runs.push(await smallRun());
    cpu.push(cpuSeconds(pid) - before);
    say(`repeat ${repeat} of ${REPEATS}: a million rows …`);
    stages.push(await largeLoad());
  }
  const of = (key: keyof RunTimes) => `${(median(runs.map((times) => times[key])) / 1_000).toFixed(2)} s`;
  process.stdout.write(
    [
      `ten tables, one after the other: ${of('total')} = Spark ${of('spark')} + BigQuery stand-in ${of('bigquery')} + polls ${of('polling')} + Adutora ${of('own')}`,
      `worker: ${median(cpu).toFixed(2)} CPU-seconds a run of ten tables, peak ${mb(peakMemory(pid))}`,
      stageLine(stages),
      '',
    ].join('\n'),
  );
}

function stageLine(stages: readonly { startUp: number; seconds: number; peak: number }[]): string {
  const startUp = median(stages.map((one) => one.startUp));
  const seconds = median(stages.map((one) => one.seconds));
  const rate = Math.round(LARGE_ROWS / (seconds - startUp)).toLocaleString('en-US');
  const peak = Math.max(...stages.map((one) => one.peak));
  return `Spark stage of 1,000,000 rows, one partition: ${seconds.toFixed(1)} s, of which ${startUp.toFixed(1)} s start-up (a table of 12 rows): ${rate} rows/s, peak ${mb(peak)}`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

async function smallRun(): Promise<RunTimes> {
  const { runId, requestedAt, summary } = await start(SMALL);
  const loads = SMALL.map((table) => loadName(runId, { schema: 'slmandic', table }));
  return runTimes(summary, requestedAt, {
    sourceId,
    loads,
    ingest: queues.ingest,
    remoteJobs,
    adapters,
    queryJobs,
  });
}

/** Start and end of every query job the BigQuery stand-in has run. */
async function queryJobs(): Promise<{ start: number; end: number }[]> {
  const answer = await fetch(
    `http://${env['BIGQUERY_EMULATOR_HOST']}/bigquery/v2/projects/${projectId}/jobs`,
  );
  const { jobs } = (await answer.json()) as {
    jobs: { configuration: { query?: object }; statistics: { startTime: string; endTime: string } }[];
  };
  return jobs
    .filter(({ configuration }) => configuration.query)
    .map(({ statistics }) => ({ start: Number(statistics.startTime), end: Number(statistics.endTime) }));
}

/**
 * What a table of a few rows takes is Spark's start-up: planning, code generation, classes,
 * committer.
 */
async function largeLoad(): Promise<{ startUp: number; seconds: number; peak: number }> {
  const { runId: small } = await start(['campus']);
  const memory = watchPeak(() => memoryOfAll(`-slmandic-${LARGE}-`));
  const { runId } = await start([LARGE]);
  const peak = memory.stop();
  return { startUp: await stageSeconds(small, 'campus'), seconds: await stageSeconds(runId, LARGE), peak };
}

async function stageSeconds(runId: string, table: string): Promise<number> {
  const attemptId = attemptName(loadName(runId, { schema: 'slmandic', table }), 1);
  const manifest = await readObject(
    adapters.bucket,
    objectNames(sourceId).manifest(attemptId),
    manifestSchema,
  );
  if (!manifest) throw new Error(`${attemptId} has no manifest`);
  return Number(manifest.value.engine['stageSeconds']);
}

async function start(
  tables: readonly string[],
): Promise<{ runId: string; requestedAt: Date; summary: SummaryObject }> {
  const requestedAt = new Date();
  const runId = manualRunName(requestedAt, Math.random().toString(16).slice(2, 6).padEnd(4, '0'));
  await addRun(queues, {
    sourceId,
    runId,
    trigger: 'manual',
    tables: tables.map((table) => ({ schema: 'slmandic', table })),
    isForced: true,
    requestedAt: requestedAt.toISOString(),
  });
  for (;;) {
    const summary = await readObject(
      adapters.bucket,
      objectNames(sourceId).summary(runId),
      summaryObjectSchema,
    );
    if (summary?.value.status === 'failed') throw new Error(JSON.stringify(summary.value));
    if (summary) return { runId, requestedAt, summary: summary.value };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function fillMysql(): Promise<void> {
  say('a sample university …');
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port: Number(env['MYSQL_PORT']),
    user: env['STACK_MYSQL_ADMIN_USER'] ?? '',
    password: env['STACK_MYSQL_ADMIN_PASSWORD'] ?? '',
    multipleStatements: true,
  });
  await createSample({ connection, schema: 'slmandic' });
  await connection.end();
}
