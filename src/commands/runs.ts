import { describeFailure, toLoadError } from '../pipeline/errors/index.ts';
import { newestRunFirst, objectNames, plural, type TableRef, tableLabel } from '../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema, tablesObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import { failureLines, goneOf, recounted } from '../pipeline/run/index.ts';
import { atWork, runProgress } from '../queues/run-progress.ts';
import { type UnfinishedRun, unfinishedRuns } from '../queues/unfinished-runs.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownDuration, shownStatus, textTable } from '../terminal/text-table.ts';
import { limitFlag, parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { runsOfBucket } from './known-runs.ts';
import { LOST_NOTE } from './lost-runs.ts';
import { withPublishedSince } from './published-since.ts';

/** Names in one line; the rest is counted. */
const GONE_TOLD = 3;

const usage = 'npm run runs -- [--limit N] [--json]';

/** A run as bucket and queue know it. */
interface RunLine {
  runId: string;
  trigger: string | null;
  status: SummaryObject['status'] | UnfinishedRun['status'];
  startedAt: string | null;
  endedAt: string | null;
  loaded: number;
  skipped: number;
  failed: number;
  cancelled: number;
  /** Loads whose tables had newer rows by then. */
  superseded: number;
  /** One line a table that failed or was cancelled. */
  failures: string[];
  /** Tables that had gone from the source's listing. */
  gone: string[];
  /**
   * History rows that were not in BigQuery when the end was announced, and have not been found
   * there since.
   */
  historyPending: number;
  /** What else there is to say about it, in one line. */
  note: string | null;
}

/** The newest runs, how they ended, and how far they are that have not. */
export const runs: Command = {
  usage,
  summary: 'the newest runs, those that wait too, and how they ended',
  examples: ['npm run runs', 'npm run -s runs -- --limit 1 --json'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { limit: { type: 'string' }, json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    const limit = limitFlag(parsed, { usage, standard: 20, max: 500 });
    context.activity('reading the runs');
    const [known, queued] = await Promise.all([runsOfBucket(context), runsOfQueue(context)]);
    const names = [...new Set([...known, ...(queued?.keys() ?? [])])].sort(newestRunFirst).slice(0, limit);
    const lines = await Promise.all(names.map((runId) => describeRun(runId, queued, context)));
    context.print(parsed.flags['json'] ? jsonText(lines) : runsText(lines));
    return 0;
  },
};

/**
 * What has ended lies in the bucket, and can be told without Redis; null where that cannot be
 * asked.
 */
async function runsOfQueue(context: CommandContext): Promise<Map<string, UnfinishedRun> | null> {
  try {
    const unfinished = await unfinishedRuns(await context.queues());
    return new Map(unfinished.map((one) => [one.runId, one]));
  } catch (thrown) {
    const why = describeFailure(toLoadError(thrown));
    context.note(`Runs that wait in the queue are not shown. ${why}`);
    return null;
  }
}

async function describeRun(
  runId: string,
  known: ReadonlyMap<string, UnfinishedRun> | null,
  context: CommandContext,
): Promise<RunLine> {
  const { ports, verify } = context;
  const queued = known?.get(runId);
  const names = objectNames(verify.sourceId);
  const summary = (await readObject(ports.bucket, names.summary(runId), summaryObjectSchema))?.value;
  if (summary) return describeEnded(summary, context);
  const tables = (await readObject(ports.bucket, names.tables(runId), tablesObjectSchema))?.value;
  const sofar = queued?.status === 'running' ? await runProgress(await context.queues(), runId) : null;
  return {
    runId,
    trigger: tables?.trigger ?? queued?.trigger ?? null,
    status: tables ? 'running' : (queued?.status ?? (known ? 'queued' : 'verifying')),
    startedAt: tables?.startedAt ?? null,
    endedAt: null,
    loaded: sofar?.loaded ?? 0,
    skipped: tables?.tables.filter(({ loadId }) => loadId === null).length ?? 0,
    failed: sofar?.failed ?? 0,
    cancelled: sofar?.cancelled ?? 0,
    superseded: 0,
    failures: [],
    gone: [],
    historyPending: 0,
    note:
      (sofar && atWork(sofar)) ??
      queued?.message ??
      (queued ? `asked for at ${queued.requestedAt.slice(0, 19)} (UTC)` : known && LOST_NOTE),
  };
}

async function describeEnded(found: SummaryObject, context: CommandContext): Promise<RunLine> {
  const { summary, since } = await withPublishedSince(found, context).catch((thrown: unknown) => {
    const why = describeFailure(toLoadError(thrown));
    context.note(`Whether something of run ${found.runId} was accepted is not known. ${why}`);
    return { summary: recounted(found), since: [] };
  });
  const { runId, trigger, status, startedAt, endedAt, loaded, skipped, failed, cancelled, superseded } =
    summary;
  return {
    runId,
    trigger,
    status,
    startedAt,
    endedAt,
    loaded,
    skipped,
    failed,
    cancelled,
    superseded,
    failures: failureLines(summary),
    gone: goneOf(summary).map(tableLabel),
    historyPending: summary.historyPending,
    note: endedNote(summary, since),
  };
}

function endedNote({ tables }: SummaryObject, since: readonly TableRef[]): string | null {
  const overtaken = tables.filter(({ status }) => status === 'superseded').map(tableLabel);
  const notes = [
    ...(since.length > 0 ? [`published after the run: ${since.map(tableLabel).join(', ')}`] : []),
    ...(overtaken.length > 0 ? [`another run published newer rows: ${overtaken.join(', ')}`] : []),
  ];
  return notes.length > 0 ? notes.join('; ') : null;
}

/** One failure, and what must not be overlooked beside it. */
function whatElse({ failures, gone, historyPending, note }: RunLine): string {
  const lost = gone.length > 0 ? [`gone from the listing: ${gone.slice(0, GONE_TOLD).join(', ')}`] : [];
  const more = gone.length > GONE_TOLD ? [`and ${gone.length - GONE_TOLD} more`] : [];
  const pending = historyPending > 0 ? `${plural(historyPending, 'history row')} still on their way` : null;
  const parts = [failures[0] ?? note, [...lost, ...more].join(' '), pending];
  return parts.filter(Boolean).join('; ');
}

function runsText(lines: readonly RunLine[]): string {
  if (lines.length === 0) return 'There has been no run yet.';
  const rows = lines.map((line) => [
    line.runId,
    line.startedAt?.slice(0, 19) ?? '–',
    shownDuration(line.startedAt, line.endedAt),
    shownStatus(line.status),
    String(line.loaded),
    String(line.skipped),
    String(line.failed),
    String(line.cancelled),
    whatElse(line),
  ]);
  const head = [
    'run',
    'started (UTC)',
    'took',
    'status',
    'loaded',
    'skipped',
    'failed',
    'cancelled',
    'what else',
  ];
  return textTable(head, rows);
}
