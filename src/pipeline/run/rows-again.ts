import { LoadError } from '../errors/index.ts';
import { readLoadEnd } from '../history/index.ts';
import { findLoad, gatherFacts, type LoadDeps, publishedRow, readPublish } from '../load/index.ts';
import { type TableRef, tableKey } from '../names/index.ts';
import type { DecidedTable, HistoryRow, SummaryObject, TablesObject } from '../objects/index.ts';
import { mapAtOnce } from '../ports/index.ts';
import { remainingRows } from './summary.ts';

const AT_ONCE = 16;

/** A history row as it was made again, and what of it could not be found out. */
export interface RowAgain {
  row: HistoryRow;
  /** Null where it is all that the first one said. */
  unknown: string | null;
}

type Ports = Pick<LoadDeps, 'bucket' | 'destination' | 'now'>;

/**
 * The history rows of an ended run, made again: of skips from its decisions; of loads from what the
 * bucket says of their ends, else from spec, manifest and publish job, else from the summary.
 * Changes nothing. `wanted` null: of all its tables.
 */
export async function rowsAgain(
  {
    tables,
    summary,
    wanted,
  }: {
    tables: TablesObject;
    summary: SummaryObject;
    wanted: readonly TableRef[] | null;
  },
  ports: Ports,
): Promise<RowAgain[]> {
  const keys = wanted && new Set(wanted.map(tableKey));
  const told = remainingRows({ tables, summary, loadsInHistory: new Set() });
  const fromSummary = new Map(told.map((row) => [keyOf(row), row]));
  const asked = tables.tables.filter((table) => !keys || keys.has(tableKey(table)));
  const rows = await mapAtOnce(asked, AT_ONCE, (table) =>
    rowAgain(table, { tables, row: fromSummary.get(tableKey(table)), ports }),
  );
  return rows.filter((row) => row !== null);
}

const keyOf = (row: HistoryRow) => tableKey({ schema: row.schema_name, table: row.table_name });

async function rowAgain(
  { loadId }: DecidedTable,
  { tables, row, ports }: { tables: TablesObject; row: HistoryRow | undefined; ports: Ports },
): Promise<RowAgain | null> {
  if (loadId === null) return row ? { row, unknown: null } : null;
  const { sourceId, runId } = tables;
  const kept = await readable(() => readLoadEnd({ sourceId, runId, loadId }, ports.bucket));
  if (kept) return { row: kept.row, unknown: null };
  const published =
    row?.status === 'loaded' ? await publishedAgain({ sourceId, runId, loadId }, ports) : null;
  if (published)
    return {
      row: published,
      unknown: 'the state of the destination after the load: the next run loads the table once more',
    };
  if (!row) return null;
  const what = row.status === 'loaded' ? 'publish job, counts and signature' : 'the jobs of its last attempt';
  return { row, unknown: what };
}

/** What spec, manifest and publish job say; null where one of them is gone, or is not ours. */
async function publishedAgain(
  named: { sourceId: string; runId: string; loadId: string },
  ports: Ports,
): Promise<HistoryRow | null> {
  return readable(async () => {
    const load = await findLoad({ ...named, nextAttempt: Infinity }, ports.bucket);
    if (!load) return null;
    const { attempt, manifest, publish } = await gatherFacts(load, ports);
    if (!attempt || !manifest || publish?.job.kind !== 'load') return null;
    if (publish.job.state !== 'done' || publish.job.error) return null;
    const planned = await readPublish(load, attempt.spec.attemptId, ports);
    const stage = { ...attempt, manifest };
    const { job } = publish;
    return publishedRow({ load, stage, job, planned, now: ports.now(), destinationModified: null });
  });
}

/** What cannot be read, or is not ours, tells nothing; a service that is away is no answer. */
async function readable<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof LoadError && !thrown.isTransient) return null;
    throw thrown;
  }
}
