import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readNumbers } from '../local/arguments.ts';
import { installAll } from '../local/stack/install-all.ts';
import { startStack } from '../local/stack/start-stack.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import packageJson from '../package.json' with { type: 'json' };
import { scheduledRunName } from '../src/pipeline/names/index.ts';
import { median } from './processes.ts';
import type { DecideTimes } from './verify/decide-once.ts';
import type { RunEndTimes } from './verify/run-ends.ts';
import { connect, createTables } from './verify/source.ts';
import { CROWD, SMALL_CACHE, stampsLostBy, WRITTEN } from './verify/stamps.ts';

const USAGE = `Usage: npm run bench -- verify [REPEATS [SIZES]]

Verify, fan-out and run end at 100, 1,000 and 10,000 tables, on servers of its own (MySQL, Redis, Cloud Storage's stand-in;
BigQuery in memory), and what a verify costs the source's own statistics. Median of the repeats (3).
SIZES: 100,1000,10000; '' measures the statistics alone.`;
const [[REPEATS = 3] = [], SIZES = [100, 1_000, 10_000]] = readNumbers(USAGE, 2);
/** Node's, as `npm start` sets them. */
const FLAGS = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'));
const HOLDS_ALL = 20_000;

const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);
const installed = await installAll(say);
const dataDir = makeTemporaryFolder('adutora-bench-');
const stack = await startStack({ installed, dataDir, ports: 'free', parts: ['redis', 'mysql', 'gcs'] });
const admin = await connect(stack.env);
let runs = 0;

try {
  await admin.query(`SET GLOBAL table_definition_cache = ${HOLDS_ALL}`);
  for (const size of SIZES) {
    say(`making ${size} tables …`);
    await createTables(stack.env, { schema: `bench_${size}`, count: size });
  }
  await pause(3_000);
  for (const size of SIZES) await measureVerify(size);
  for (const size of SIZES) await measureRunEnd(size);
  await measureStamps();
} finally {
  await admin.end();
  await stack.stop();
}

async function measureVerify(size: number): Promise<void> {
  const first: DecideTimes[] = [];
  const quiet: DecideTimes[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    say(`verify of ${size} tables, repeat ${repeat} of ${REPEATS} …`);
    const env = settings(`verify-${size}-${repeat}`, `bench_${size}`);
    first.push(await child<DecideTimes>('decide-once.ts', ['first', nextRun()], env));
    quiet.push(await child<DecideTimes>('decide-once.ts', ['quiet', nextRun()], env));
  }
  const of = (times: readonly DecideTimes[], key: keyof DecideTimes) => median(times.map((one) => one[key]));
  print(
    `${shown(size)} tables, none changed (${shown(of(quiet, 'loads'))} loads): read and decided in ${fixed(of(quiet, 'decided'))} s, of which MySQL ${fixed(of(quiet, 'source'))} s; ${fixed(of(quiet, 'cpu'))} CPU-seconds, peak ${mb(of(quiet, 'peakBytes'))}, ${of(quiet, 'queries')} queries`,
  );
  print(
    `${shown(size)} tables, all to load: read and decided in ${fixed(of(first, 'decided'))} s, ${shown(of(first, 'loads'))} LOAD.json written in ${fixed(of(first, 'written'))} s; ${fixed(of(first, 'cpu'))} CPU-seconds, peak ${mb(of(first, 'peakBytes'))}`,
  );
}

async function measureRunEnd(size: number): Promise<void> {
  const times: RunEndTimes[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    say(`a run of ${size} loads through Redis, repeat ${repeat} of ${REPEATS} …`);
    times.push(
      await child<RunEndTimes>('run-ends.ts', [String(size)], settings(`ends-${size}-${repeat}`, 'x')),
    );
  }
  const of = (key: keyof RunEndTimes) => median(times.map((one) => one[key]));
  print(
    `${shown(size)} loads: enqueued in ${fixed(of('enqueued'))} s (again after a crash: ${fixed(of('again'))} s), the run's end in ${fixed(of('finished'))} s; ${fixed(of('cpu'))} CPU-seconds with the loads between, peak ${mb(of('peakBytes'))}`,
  );
}

/**
 * A verify must not push other tables out of InnoDB's dictionary cache: that is where UPDATE_TIMEs
 * live. INNODB_TABLES, which verify never asks, shows that this would be seen.
 */
async function measureStamps(): Promise<void> {
  say(`small dictionary caches: ${CROWD} tables, room for ${SMALL_CACHE}; two minutes …`);
  const [verify, control] = await Promise.all([
    stampsLostBy((env) =>
      child('decide-once.ts', ['first', nextRun()], { ...settings('crowd', 'crowd'), ...env }),
    ),
    stampsLostBy((_, admin) => admin.query('SELECT COUNT(*) FROM information_schema.INNODB_TABLES')),
  ]);
  print(
    `UPDATE_TIMEs lost by one verify of ${shown(CROWD)} tables with a cache of ${SMALL_CACHE}: ${verify} of ${WRITTEN}`,
  );
  print(`the same by one SELECT of INNODB_TABLES, which verify never asks: ${control} of ${WRITTEN}`);
}

function settings(sourceId: string, schema: string): Record<string, string> {
  // What no part of this bench talks to.
  const others = {
    BIGQUERY_LOCATION: 'US',
    HISTORY_DATASET: 'h',
    DATAPROC_REGION: 'r',
    DATAPROC_CLUSTER: 'c',
  };
  return {
    ...others,
    ...stack.env,
    ...{ SOURCE_ID: sourceId, MYSQL_SCHEMAS: schema, SETTLE_SECONDS: '1' },
    DATAPROC_API_ENDPOINT: '127.0.0.1:1',
  };
}

async function child<T>(file: string, args: readonly string[], env: Record<string, string>): Promise<T> {
  const path = join(import.meta.dirname, 'verify', file);
  const node = [...FLAGS, path, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node, { env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

/** A later name each time, so that the newest run is the last one. */
function nextRun(): string {
  runs += 1;
  return scheduledRunName(new Date(Date.now() + runs * 1_000));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}

function fixed(seconds: number): string {
  return seconds.toFixed(2);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
