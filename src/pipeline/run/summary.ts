import { describeFailure, type Failure, LoadError, toFailure } from '../errors/index.ts';
import { loadRow } from '../history/index.ts';
import { tableLabel } from '../names/index.ts';
import type { DecidedTable, HistoryRow, SummaryObject, TablesObject } from '../objects/index.ts';
import { isGone, unknownCost } from '../verify/index.ts';

/** How the load of one table ended, as its job tells. */
export type LoadEnd =
  | { status: 'loaded' | 'superseded'; rowsLoaded: number | null; attempts: number }
  | { status: 'failed' | 'cancelled'; failure: Failure; attempts: number };

type TableSummary = SummaryObject['tables'][number];

/** `summary.json` of a run whose loads have all ended. `ends` is by LOAD. */
export function summarize(input: {
  tables: TablesObject;
  ends: ReadonlyMap<string, LoadEnd>;
  historyPending: number;
  now: Date;
}): SummaryObject {
  const tables = input.tables.tables.map((table) =>
    tableSummary(table, table.loadId === null ? undefined : input.ends.get(table.loadId)),
  );
  const { sourceId, runId, trigger, startedAt } = input.tables;
  return {
    version: 1,
    sourceId,
    runId,
    trigger,
    ...counted(tables),
    startedAt,
    endedAt: input.now.toISOString(),
    unknown: unknownCost(input.tables.tables, input.tables.server.dictionary),
    historyPending: input.historyPending,
    error: null,
    tables,
  };
}

/** How a run ended, and how many of its tables ended how. */
function counted(
  tables: readonly TableSummary[],
): Pick<SummaryObject, 'status' | 'loaded' | 'skipped' | 'failed' | 'cancelled' | 'superseded'> {
  const count = (status: TableSummary['status']) => tables.filter((table) => table.status === status).length;
  const [failed, cancelled] = [count('failed'), count('cancelled')];
  return {
    status: failed > 0 ? 'failed' : cancelled > 0 ? 'cancelled' : 'succeeded',
    loaded: count('loaded'),
    skipped: count('skipped'),
    failed,
    cancelled,
    superseded: count('superseded'),
  };
}

/**
 * The summary with the counts of its tables: an older version counted what was cancelled as failed.
 */
export function recounted(summary: SummaryObject): SummaryObject {
  return summary.error ? summary : { ...summary, ...counted(summary.tables) };
}

function tableSummary(table: DecidedTable, end: LoadEnd | undefined): TableSummary {
  const { schema, table: name, reason } = table;
  const nothing = { schema, table: name, reason, attempts: 0, rowsLoaded: null, failure: null };
  if (table.decision === 'skip') return { ...nothing, status: 'skipped' };
  if (!end) {
    const error = new LoadError('LOAD_ABANDONED', 'The job of the load is gone.');
    return { ...nothing, status: 'failed', failure: toFailure(error, table) };
  }
  if (!('failure' in end)) return { ...nothing, ...end };
  return { ...nothing, ...end, failure: { ...end.failure, table: { schema, table: name } } };
}

/** `summary.json` of a run that failed before any table was decided. */
export function failedBeforeDecisions(input: {
  sourceId: string;
  runId: string;
  trigger: SummaryObject['trigger'];
  startedAt: string;
  error: Failure;
  now: Date;
}): SummaryObject {
  const { sourceId, runId, trigger, startedAt, error } = input;
  const nothing = {
    loaded: 0,
    skipped: 0,
    failed: 0,
    cancelled: 0,
    superseded: 0,
    unknown: null,
    historyPending: 0,
    tables: [],
  };
  return {
    version: 1,
    sourceId,
    runId,
    trigger,
    status: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
    startedAt,
    endedAt: input.now.toISOString(),
    ...nothing,
    error,
  };
}

/**
 * `2 loaded, 0 skipped, 1 failed`, with what was cancelled or superseded, and what has gone from
 * the listing where something was.
 */
export function countsText(summary: SummaryObject): string {
  const { loaded, skipped, failed, cancelled, superseded } = summary;
  const gone = goneOf(summary).length;
  const more = [
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(superseded > 0 ? [`${superseded} superseded`] : []),
    ...(gone > 0 ? [`${gone} gone from the listing`] : []),
  ];
  return [`${loaded} loaded`, `${skipped - gone} skipped`, `${failed} failed`, ...more].join(', ');
}

/** Tables that the run knew by history, and the source did not list. They count as skipped. */
export function goneOf({ tables }: Pick<SummaryObject, 'tables'>): TableSummary[] {
  return tables.filter(isGone);
}

/** One line a failed table, for the run's own failure. */
export function failureLines(summary: SummaryObject): string[] {
  if (summary.error) return [describeFailure(summary.error)];
  return summary.tables.flatMap(({ failure, ...table }) =>
    failure ? [`${tableLabel(table)}: ${describeFailure(failure)}`] : [],
  );
}

/**
 * History rows of the tables that nothing else writes one for: the skipped, and loads that ended
 * without saying so.
 */
export function remainingRows(input: {
  tables: TablesObject;
  summary: SummaryObject;
  loadsInHistory: ReadonlySet<string>;
}): HistoryRow[] {
  const { tables, summary, loadsInHistory } = input;
  return tables.tables.flatMap((table, index) => {
    const end = summary.tables[index];
    if (!end || (table.loadId !== null && loadsInHistory.has(table.loadId))) return [];
    return [
      {
        ...loadRow(rowFacts(tables, table), {
          status: end.status,
          decision: table.decision,
          attempts: end.attempts,
        }),
        error_code: end.failure?.code ?? null,
        error_message: end.failure?.message ?? null,
        ended_at: summary.endedAt,
      },
    ];
  });
}

function rowFacts(
  tables: TablesObject,
  { schema, table, reason }: DecidedTable,
): Parameters<typeof loadRow>[0] {
  const { sourceId, runId, trigger, decidedAt } = tables;
  return { sourceId, runId, trigger, decidedAt, reason, table: { schema, table } };
}
