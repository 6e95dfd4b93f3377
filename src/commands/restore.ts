import { setTimeout as sleepFor } from 'node:timers/promises';
import { LoadError, toLoadError } from '../pipeline/errors/index.ts';
import { loadRow } from '../pipeline/history/index.ts';
import { forgetMade, restoreUnderFence, Superseded } from '../pipeline/load/index.ts';
import { destinationOf } from '../pipeline/mapping/index.ts';
import {
  asArgument,
  manualRunName,
  plural,
  restoreJobId,
  type TableRef,
  tableLabel,
} from '../pipeline/names/index.ts';
import type { DestinationRef, HistoryRow } from '../pipeline/objects/index.ts';
import { changePauses, isPaused, pause, resume } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownNumber } from '../terminal/text-table.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { knownToHistory, knownToRuns, resolveTables } from './known-tables.ts';

const usage = 'npm run restore -- table=NAME at=TIME [--json]';
const TIME_TRAVEL_MS = 7 * 86_400_000;

/** Puts a table back in BigQuery, and pauses it: the next run would load the same source over it. */
export const restore: Command = {
  usage,
  summary: 'put a table back in BigQuery to an earlier time (7 days), and pause it',
  examples: [
    'npm run restore -- table=alunos at=2026-11-24T06:00:00Z',
    'npm run resume -- table=alunos   # load it again from now on',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    const at = timeArgument(parsed.words, context.now());
    if (parsed.tables.length !== 1 || parsed.runs.length > 0)
      throw new LoadError('USAGE', 'Expected one table=NAME.', { hint: `Usage: ${usage}` });
    const [table] = await resolveTables(parsed.tables, context, [knownToRuns, knownToHistory]);
    if (!table) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
    const row = await restoreTable(table, at, context);
    context.print(
      parsed.flags['json']
        ? jsonText(row)
        : `${tableLabel(table)} is as it was at ${at.toISOString()}: ${plural(row.rows_loaded ?? 0, 'row', shownNumber(row.rows_loaded))}. It is paused; npm run resume -- ${asArgument(table)} ends that.`,
    );
    return 0;
  },
};

/** `at=2026-11-24T06:00:00Z`; without a zone it is UTC. */
function timeArgument(words: readonly string[], now: Date): Date {
  const [word] = words;
  const text = word?.startsWith('at=') && words.length === 1 ? word.slice('at='.length) : '';
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?)?$/.test(text)
    ? `${text.replace(' ', 'T')}${text.includes(':') ? 'Z' : 'T00:00Z'}`
    : text;
  const at = new Date(iso);
  if (text === '' || Number.isNaN(at.getTime()))
    throw new LoadError('USAGE', `Expected at=TIME such as at=${now.toISOString().slice(0, 19)}Z.`, {
      hint: `Usage: ${usage}`,
    });
  const ageMs = now.getTime() - at.getTime();
  if (ageMs >= 0 && ageMs < TIME_TRAVEL_MS) return at;
  throw new LoadError(
    'USAGE',
    `at=${text} is ${ageMs < 0 ? 'in the future' : 'more than 7 days ago, which is as far as time travel reaches'}.`,
    { hint: `Usage: ${usage}` },
  );
}

/** Not under a load that is at work: it would publish over what was put back. */
async function restoreTable(table: TableRef, at: Date, context: CommandContext): Promise<HistoryRow> {
  const taken = await context.tableLease(table, `restore-${context.randomSuffix()}`);
  if ('heldBy' in taken)
    throw new LoadError(
      'RESTORE_IMPOSSIBLE',
      `${tableLabel(table)} is being loaded by ${taken.heldBy}, which would publish over it.`,
      { hint: 'Wait until that load has ended, or cancel its run, and try again.' },
    );
  try {
    return await pauseAndRestore({ table, at }, context);
  } finally {
    await taken.lease.release();
  }
}

/** Paused first: a run that begins meanwhile must not load over it. Where nothing was put back, a pause of its own is taken back. */
async function pauseAndRestore(
  { table, at }: { table: TableRef; at: Date },
  context: CommandContext,
): Promise<HistoryRow> {
  const { ports, verify } = context;
  const destination = destinationOf(table, verify.datasetTemplate);
  context.activity(`putting ${destination.dataset}.${destination.table} back`);
  let isOurs = false;
  await changePauses(ports.bucket, verify.sourceId, (before) => {
    isOurs = !isPaused({ ...before, all: null }, table);
    return pause(before, [table], context.now());
  });
  const id = await copyBack({ table, at, destination }, context).catch(async (thrown: unknown) => {
    throw isOurs ? await withoutPause(toLoadError(thrown), table, context) : thrown;
  });
  await forgetMade({ sourceId: verify.sourceId, table }, ports.bucket);
  const row = await historyRow({ table, at, id, destination }, context);
  await ports.history.ensureTable();
  await ports.history.merge([row]);
  return row;
}

/** Ends the pause of a restore that has failed; one that may have happened all the same keeps it. Says which. */
async function withoutPause(
  error: LoadError,
  table: TableRef,
  { ports, verify }: CommandContext,
): Promise<LoadError> {
  if (!error.isTransient) await changePauses(ports.bucket, verify.sourceId, (now) => resume(now, [table]));
  const said = error.isTransient
    ? `It stays paused; npm run resume -- ${asArgument(table)} ends that.`
    : 'Its pause is taken back.';
  const { code, message, hint, context, isTransient } = error;
  return new LoadError(code, `${message} ${said}`, { hint, context, isTransient, cause: error });
}

/** The BigQuery job that put the table back; its name tells one restore from the next. */
async function copyBack(
  { table, at, destination }: { table: TableRef; at: Date; destination: DestinationRef },
  { ports, verify, now }: CommandContext,
): Promise<string> {
  const before = await ports.destination.describe(destination);
  const { sourceId } = verify;
  const id = restoreJobId({ sourceId, table, at, lastModified: before?.lastModified ?? null });
  const sleep = (ms: number) => sleepFor(ms);
  const deps = { ...ports, now, sleep, random: Math.random };
  const { signal } = new AbortController();
  const isBack = await restoreUnderFence({ sourceId, table, destination, at, id }, deps, signal).catch(
    (thrown: unknown) => {
      if (thrown instanceof Superseded || toLoadError(thrown).code === 'OVERTAKEN') throw cameBefore(table);
      throw thrown;
    },
  );
  if (isBack) return id;
  throw new LoadError(
    'RESTORE_IMPOSSIBLE',
    `BigQuery does not have ${destination.dataset}.${destination.table} as of ${at.toISOString()}.`,
  );
}

function cameBefore(table: TableRef): LoadError {
  return new LoadError(
    'RESTORE_IMPOSSIBLE',
    `A load of ${tableLabel(table)} has published in this moment, or was about to.`,
    { hint: 'Wait until that load has ended, or cancel its run, and try again.' },
  );
}

async function historyRow(
  done: { table: TableRef; at: Date; id: string; destination: DestinationRef },
  { ports, verify, now, randomSuffix }: CommandContext,
): Promise<HistoryRow> {
  const facts = await ports.destination.describe(done.destination);
  const time = now();
  const load = {
    sourceId: verify.sourceId,
    runId: manualRunName(time, randomSuffix()),
    trigger: 'manual' as const,
    decidedAt: time.toISOString(),
    reason: 'restored' as const,
    table: done.table,
  };
  return loadRow(load, {
    status: 'skipped',
    decision: 'skip',
    bigquery_job_id: done.id,
    rows_loaded: facts?.rows ?? null,
    destination_modified: facts?.lastModified ?? null,
    error_message: `put back to ${done.at.toISOString()}, and paused`,
    ended_at: time.toISOString(),
  });
}
