import { setTimeout as pause } from 'node:timers/promises';
import { describeFailure, type Failure } from '../../src/pipeline/errors/index.ts';
import { compareSchema, comparisonLine } from '../compare/compare-schema.ts';
import { connectAsAdmin } from '../mysql/admin.ts';
import { changeSample, createSample } from '../sample/create-sample.ts';
import { runCli } from './service.ts';

const SCHEMA = 'slmandic';
const MANUAL_TABLE = 'disciplinas';
/** Too large for the worker by the demo's DIRECT_MAX_BYTES: Spark reads it first. */
const LARGE_TABLE = 'notas';

/** What `run --wait --json` answers, as far as the demo looks at it. */
interface Summary {
  status: string;
  loaded: number;
  tables: { table: string; status: string; reason: string; failure: Failure | null }[];
}

/** What the demo found wrong, in words; nothing if all agreed. */
export type Problems = string[];

/** Where the story is told, and what stops it: no command is started after that. */
export interface Telling {
  say: (line: string) => void;
  signal: AbortSignal;
  /** Gives scheduler and worker other settings. */
  restart(changes: Record<string, string>): Promise<void>;
}

/**
 * Two runs, a manual load and a comparison, by the commands a user types. `env` holds every setting
 * of the stack.
 */
export async function tellStory(env: Record<string, string>, telling: Telling): Promise<Problems> {
  const { say, signal } = telling;
  const admin = await connectAsAdmin(env);
  try {
    say('1. A university: twelve tables, one of a million rows');
    const tables = await createSample({
      connection: admin,
      schema: SCHEMA,
      report: (line) => say(`   ${line}`),
    });
    await settle(env, telling);
    say('2. Run 1: nothing was ever loaded');
    const first = await wholeRun(env, signal);
    say('3. A day at the university: rows inserted, updated, deleted; tables truncated, one altered');
    const changed = await changeSample({ connection: admin, schema: SCHEMA });
    await settle(env, telling);
    say('4. Run 2: exactly what has changed');
    const second = await wholeRun(env, signal);
    say('5. One table by hand, although nothing changed');
    const manual = await runCli({
      shown: `enqueue -- table=${MANUAL_TABLE} --wait`,
      args: ['enqueue', `table=${MANUAL_TABLE}`, '--wait'],
      env,
      signal,
    });
    say(manual.output);
    const manualProblems =
      manual.exitCode === 0 ? [] : [`the manual load ended with exit code ${manual.exitCode}`];
    return [
      ...checkFirst(first, tables),
      ...checkSecond(second, tables, changed),
      ...manualProblems,
      ...(await compareEngines(env, telling)),
      ...(await lookAtTheEnd(env, telling)),
    ];
  } finally {
    await admin.end();
  }
}

/**
 * An UPDATE_TIME younger than the settle time proves nothing, and its table would load once more.
 */
async function settle(env: Record<string, string>, { say, signal }: Telling): Promise<void> {
  const seconds = Number(env['SETTLE_SECONDS']) + 2;
  for (let left = seconds; left > 0; left -= 4) {
    say(`   waiting ${left} s: a write younger than SETTLE_SECONDS proves nothing`);
    await pause(Math.min(4, left) * 1_000, undefined, { signal });
  }
}

async function wholeRun(env: Record<string, string>, signal: AbortSignal): Promise<Summary | null> {
  const args = ['run', '--wait', '--json'];
  const { output } = await runCli({ shown: 'run -- --wait --json', args, env, signal });
  if (output.trim() === '') return null;
  const summary: Summary = JSON.parse(output);
  for (const table of summary.tables) {
    process.stdout.write(
      `   ${table.status.padEnd(8)} ${table.table.padEnd(14)} ${table.reason}${table.failure ? `: ${describeFailure(table.failure)}` : ''}\n`,
    );
  }
  return summary;
}

function checkFirst(run: Summary | null, tables: readonly string[]): Problems {
  if (run?.status === 'succeeded' && run.loaded === tables.length) return [];
  return [`run 1 loaded ${run?.loaded ?? 0} of ${tables.length} tables`];
}

function checkSecond(
  run: Summary | null,
  tables: readonly string[],
  changed: Readonly<Record<string, string>>,
): Problems {
  return tables.flatMap((table) => {
    const found = run?.tables.find((one) => one.table === table);
    const expected = changed[table] ? `loaded ${changed[table]}` : 'skipped unchanged';
    const actual = found ? `${found.status} ${found.reason}` : 'nothing';
    return actual === expected ? [] : [`run 2, ${table}: expected ${expected}, found ${actual}`];
  });
}

/** The largest table once more, by the other engine: what each has needed, by history. */
async function compareEngines(env: Record<string, string>, telling: Telling): Promise<Problems> {
  const { say, signal, restart } = telling;
  say(`6. ${LARGE_TABLE} once more, read by the worker itself instead of Spark (INGEST_ENGINE=direct)`);
  await restart({ INGEST_ENGINE: 'direct' });
  const args = ['enqueue', `table=${LARGE_TABLE}`, '--wait'];
  const again = await runCli({ shown: `enqueue -- table=${LARGE_TABLE} --wait`, args, env, signal });
  say(again.output);
  const shown = `-s history -- table=${LARGE_TABLE} --json`;
  const history = await runCli({ shown, args: ['history', `table=${LARGE_TABLE}`, '--json'], env, signal });
  const rows: { engine: string; engine_reason: string; duration_ms: number; rows_loaded: number }[] =
    history.exitCode === 0 ? JSON.parse(history.output) : [];
  const loads = rows.filter(({ engine }) => engine !== null);
  for (const { engine, engine_reason, duration_ms, rows_loaded } of loads)
    say(
      `   ${rows_loaded.toLocaleString('en-US')} rows by ${engine} (${engine_reason}): ${(duration_ms / 1_000).toFixed(1)} s`,
    );
  await restart({});
  const engines = loads.map(({ engine }) => engine).sort();
  return engines.join() === 'dataproc,direct' ? [] : [`${LARGE_TABLE} was loaded by ${engines.join(', ')}`];
}

async function lookAtTheEnd(env: Record<string, string>, { say, signal }: Telling): Promise<Problems> {
  say('7. History, as BigQuery has it');
  const args = ['history', '--limit', '40'];
  const history = await runCli({ shown: 'history -- --limit 40', args, env, signal });
  say(history.output);
  say('8. Rows and content, MySQL against BigQuery (by code that shares nothing with Adutora)');
  const comparisons = await compareSchema(env, SCHEMA, (comparison) => say(comparisonLine(comparison)));
  return comparisons.filter(({ isEqual }) => !isEqual).map(({ table }) => `${table} differs`);
}
