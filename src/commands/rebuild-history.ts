import { LoadError } from '../pipeline/errors/index.ts';
import { objectNames, plural, tableKey, tableLabel } from '../pipeline/names/index.ts';
import {
  type HistoryRow,
  type SummaryObject,
  summaryObjectSchema,
  type TablesObject,
  tablesObjectSchema,
} from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import { type RowAgain, rowsAgain } from '../pipeline/run/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { textTable } from '../terminal/text-table.ts';
import type { CommandContext } from './command.ts';
import { runsOfBucket } from './known-runs.ts';

const MERGED_AT_ONCE = 500;

/** What a rebuild has done, as `--json` tells it. */
interface Rebuilt {
  /** Runs that were looked at. */
  runs: number;
  rows_added: number;
  /** Rows that history had already. */
  rows_kept: number;
  /** Runs that have not ended: their rows come by themselves. */
  unfinished: string[];
  /** What could not be found out, a line a table or run. */
  unknown: { runId: string; table: string | null; what: string }[];
}

/**
 * Makes history again from the bucket and BigQuery's jobs, run by run, the oldest first. Rows that
 * are there stay, but for one that says less than `loaded` of what was loaded; so a second rebuild
 * adds nothing. Needs no Redis.
 */
export async function rebuildHistory(isJson: boolean, context: CommandContext): Promise<number> {
  const done: Rebuilt = { runs: 0, rows_added: 0, rows_kept: 0, unfinished: [], unknown: [] };
  await context.ports.history.ensureTable();
  const runs = (await runsOfBucket(context)).reverse();
  let waiting: HistoryRow[] = [];
  const merge = async (most: number) => {
    for (; waiting.length > most; waiting = waiting.slice(MERGED_AT_ONCE))
      await context.ports.history.merge(waiting.slice(0, MERGED_AT_ONCE));
  };
  for (const [index, runId] of runs.entries()) {
    context.activity(`history: run ${index + 1} of ${runs.length}, ${plural(done.rows_added, 'row')} made`);
    waiting.push(...(await rowsOf(runId, done, context)));
    await merge(MERGED_AT_ONCE);
  }
  await merge(0);
  context.print(isJson ? jsonText(done) : rebuiltText(done));
  return 0;
}

/** The rows of a run that history lacks. */
async function rowsOf(runId: string, done: Rebuilt, context: CommandContext): Promise<HistoryRow[]> {
  const ended = await readEnded(runId, done, context);
  if (!ended) return [];
  const { tables, summary } = ended;
  const { ports, verify, now } = context;
  const { sourceId } = verify;
  const known = await ports.history.rowsOfRun({ sourceId, runId: runId, decidedAt: tables.decidedAt });
  const statuses = new Map(known.map((row) => [tableKey(row), row.status]));
  // `loaded` stays as it is; what failed then may have been tried again, or accepted.
  const wanted = tables.tables.filter((table) => {
    const status = statuses.get(tableKey(table));
    return status === undefined || (status !== 'loaded' && table.loadId !== null);
  });
  const made = await rowsAgain({ tables, summary, wanted }, { ...ports, now });
  const fresh = made.filter(({ row }) => !statuses.has(keyOf(row)) || row.status === 'loaded');
  done.rows_added += fresh.length;
  done.rows_kept += tables.tables.length - fresh.length;
  done.unknown.push(...fresh.flatMap((one) => unknownOf(runId, one)));
  return fresh.map(({ row }) => row);
}

const keyOf = (row: HistoryRow) => tableKey({ schema: row.schema_name, table: row.table_name });

function unknownOf(runId: string, { row, unknown }: RowAgain): Rebuilt['unknown'] {
  if (unknown === null) return [];
  return [{ runId, table: tableLabel({ schema: row.schema_name, table: row.table_name }), what: unknown }];
}

/** Decisions and end of a run; null where it has none, which is told. */
async function readEnded(
  runId: string,
  done: Rebuilt,
  { ports, verify }: CommandContext,
): Promise<{ tables: TablesObject; summary: SummaryObject } | null> {
  const names = objectNames(verify.sourceId);
  done.runs += 1;
  try {
    const summary = (await readObject(ports.bucket, names.summary(runId), summaryObjectSchema))?.value;
    if (!summary) done.unfinished.push(runId);
    const tables =
      summary && (await readObject(ports.bucket, names.tables(runId), tablesObjectSchema))?.value;
    return tables ? { tables, summary } : null;
  } catch (thrown) {
    if (!(thrown instanceof LoadError) || thrown.code !== 'OBJECT_INVALID') throw thrown;
    done.unknown.push({ runId, table: null, what: `the run: ${thrown.message}` });
    return null;
  }
}

function rebuiltText({ runs, rows_added, rows_kept, unfinished, unknown }: Rebuilt): string {
  const lines = [
    `${plural(rows_added, 'row')} made again of ${plural(runs, 'run')}; ${rows_kept} were there.`,
    ...(unfinished.length > 0 ? [`Not ended, their rows come by themselves: ${unfinished.join(', ')}.`] : []),
  ];
  if (unknown.length === 0) return lines.join('\n');
  const rows = unknown.map(({ runId, table, what }) => [runId, table ?? '–', what]);
  return [...lines, '', 'What could not be found out:', textTable(['run', 'table', 'what'], rows)].join('\n');
}
