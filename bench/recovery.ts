import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { readNumbers } from '../local/arguments.ts';
import { startDataprocStandIn } from '../local/dataproc/stand-in.ts';
import { installAll } from '../local/stack/install-all.ts';
import { startStack } from '../local/stack/start-stack.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import { loadConfig } from '../src/config/config.ts';
import { loadName, manualRunName } from '../src/pipeline/names/index.ts';
import { addRun, closeQueues, createQueues } from '../src/queues/queues.ts';
import { createProducerConnection } from '../src/redis/connection.ts';
import { median } from './processes.ts';
import { type BenchWorker, type Distance, holderOf, startWorker } from './recovery/workers.ts';

const USAGE = `Usage: npm run bench -- recovery [KILLS [PAUSES]]

Two workers and a load that reads for ever. The one that has it is killed (kill -9), KILLS times (20) as another process of the same
machine and as often as if on another machine: how long until the other has attached to its Dataproc job. Then healthy workers are stopped for 8 s
(SIGSTOP) and held up for 10 s (a busy main thread), PAUSES times each (3): no load may change hands.`;
const SCHEMA = 'recovery';
const TABLE = 't';
const LOOK_MS = 20;
const STOPPED_MS = 8_000;
const HELD_UP_MS = 10_000;
/** What a load that changes hands takes at the most, and more. */
const AFTERWARDS_MS = 15_000;

const [[KILLS = 20] = [], [PAUSES = 3] = []] = readNumbers(USAGE, 2);
const say = (line: string) => process.stderr.write(`${line}\n`);

const dataDir = makeTemporaryFolder('adutora-bench-');
const parts = ['redis', 'mysql', 'gcs', 'bigquery', 'dataproc'] as const;
const stack = await startStack({ installed: await installAll(say), dataDir, ports: 'free', parts });
const place = {
  bucket: stack.env['GCS_BUCKET'] ?? '',
  project: stack.env['GOOGLE_CLOUD_PROJECT'] ?? '',
  region: stack.env['DATAPROC_REGION'] ?? '',
  cluster: stack.env['DATAPROC_CLUSTER'] ?? '',
};
/** A cluster on which every job reads for ever; Spark itself is not what is measured. */
const cluster = await startDataprocStandIn({
  ...place,
  port: 0,
  dataDir: join(dataDir, 'endless'),
  gcs: `http://${stack.env['GCS_API_ENDPOINT']?.replace(/^http:\/\//, '')}`,
  sparkHome: '',
  javaHome: '',
  python: '',
  gcsConnector: '',
  maxConcurrentJobs: 2,
  master: '',
  driverMemory: '1m',
  sparkSubmit: join(import.meta.dirname, 'recovery', 'sleep-submit.sh'),
  classArchive: null,
  javaOptions: '',
});
const env = {
  ...stack.env,
  SOURCE_ID: 'recovery',
  MYSQL_SCHEMAS: SCHEMA,
  DATAPROC_API_ENDPOINT: `127.0.0.1:${cluster.port}`,
};
const { settings } = loadConfig(env, dataDir);
const { SOURCE_ID: sourceId } = settings;
const redis = await createProducerConnection(settings.REDIS_URL);
const queues = createQueues({ connection: redis, sourceId, onError: () => undefined });
const runId = manualRunName(new Date(), 'abcd');
const loadId = loadName(runId, { schema: SCHEMA, table: TABLE });
let workers: BenchWorker[] = [];

try {
  await makeTable();
  await addRun(queues, {
    sourceId,
    runId,
    trigger: 'manual',
    tables: [{ schema: SCHEMA, table: TABLE }],
    isForced: true,
    requestedAt: new Date().toISOString(),
  });
  for (const distance of ['near', 'far'] as const) await measureKills(distance);
  await measurePauses();
  const stalls = await redis.hget(queues.ingest.toKey(loadId), 'stc');
  const { attemptsMade } = (await queues.ingest.getJob(loadId)) ?? {};
  process.stdout.write(`stalls counted: ${stalls ?? 0}; attempts used: ${attemptsMade}\n`);
} finally {
  for (const { child } of workers) child.kill('SIGKILL');
  await closeQueues(queues);
  redis.disconnect();
  await cluster.close();
  await stack.stop();
}

async function measureKills(distance: Distance): Promise<void> {
  await exchangeWorkers(distance);
  const times: number[] = [];
  while (times.length < KILLS) {
    const holder = await holds();
    const before = await takeUps();
    const start = performance.now();
    process.kill(holder.pid(), 'SIGKILL');
    while ((await takeUps()) === before) await pause(LOOK_MS);
    times.push(performance.now() - start);
    say(`${distance}: ${(times.at(-1) ?? 0).toFixed(0)} ms`);
    workers = workers.filter((one) => one !== holder);
    workers.push(startWorker(env, distance));
    await bothAlive();
  }
  const worst = Math.max(...times);
  process.stdout.write(
    `${distance}: ${KILLS} kills, median ${seconds(median(times))}, worst ${seconds(worst)}\n`,
  );
}

async function measurePauses(): Promise<void> {
  let moved = 0;
  for (let n = 0; n < PAUSES; n += 1) {
    for (const kind of ['stopped', 'held up'] as const) {
      const holder = await holds();
      const before = await takeUps();
      process.kill(holder.pid(), kind === 'stopped' ? 'SIGSTOP' : 'SIGUSR2');
      await pause(kind === 'stopped' ? STOPPED_MS : HELD_UP_MS);
      if (kind === 'stopped') process.kill(holder.pid(), 'SIGCONT');
      await pause(AFTERWARDS_MS);
      moved += (await takeUps()) - before;
      say(`${kind}: ${moved} loads have changed hands so far`);
    }
  }
  process.stdout.write(
    `${PAUSES} × stopped for 8 s and ${PAUSES} × held up for 10 s: ${moved} loads changed hands\n`,
  );
}

/** Two new workers of that kind instead of those that are there. */
async function exchangeWorkers(distance: Distance): Promise<void> {
  for (const { child } of workers) child.kill('SIGTERM');
  workers = [startWorker(env, distance), startWorker(env, distance)];
  await bothAlive();
  await holds();
}

/** Waits until two processes show signs of life, and no dead one's is left to be told apart. */
async function bothAlive(): Promise<void> {
  for (;;) {
    const counts = await Promise.all([queues.ingest.getWorkersCount(), redis.ping()]);
    if (counts[0] >= 2) break;
    await pause(100);
  }
  await pause(2_000 + Math.random() * 1_000);
}

/** The worker that has the load, once it waits for the Dataproc job. */
async function holds(): Promise<BenchWorker> {
  for (;;) {
    const token = await redis.get(`${queues.ingest.toKey(loadId)}:lock`);
    const holder = token === null ? null : await holderOf(token, workers, { redis, sourceId });
    if (holder && (await takeUps()) > 0) return holder;
    await pause(100);
  }
}

/** How often somebody has submitted the Dataproc job or attached to it. */
async function takeUps(): Promise<number> {
  const lines = await redis.lrange(`${queues.ingest.toKey(loadId)}:logs`, 0, -1);
  return lines.filter((line) => /submitted|attached/.test(line)).length;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

async function makeTable(): Promise<void> {
  const admin = await mysql.createConnection({
    host: '127.0.0.1',
    port: Number(stack.env['MYSQL_PORT']),
    user: stack.env['STACK_MYSQL_ADMIN_USER'] ?? '',
    password: stack.env['STACK_MYSQL_ADMIN_PASSWORD'] ?? '',
    multipleStatements: true,
  });
  await admin.query(`CREATE DATABASE ${SCHEMA}; CREATE TABLE ${SCHEMA}.${TABLE} (id INT PRIMARY KEY)`);
  await admin.end();
}
