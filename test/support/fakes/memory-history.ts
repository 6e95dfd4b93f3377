import { type HistoryRow, newestPerKey } from '../../../src/pipeline/objects/history-row.ts';
import type { History } from '../../../src/pipeline/ports/history.ts';

/** `History` in memory; `rows` is open to tests. */
export function createMemoryHistory(): History & { rows: HistoryRow[] } {
  const history: History & { rows: HistoryRow[] } = {
    rows: [],
    ensureTable: async () => undefined,
    merge: async (rows) => {
      // A row that says `loaded` stays.
      const isNew = (row: HistoryRow) =>
        !history.rows.some((old) => old.status === 'loaded' && keyOf(old) === keyOf(row));
      const fresh = newestPerKey(rows).filter(isNew);
      const keys = new Set(fresh.map(keyOf));
      history.rows = [...history.rows.filter((old) => !keys.has(keyOf(old))), ...fresh];
    },
    lastPublished: async ({ sourceId, since }) =>
      newest(
        history.rows.filter(
          (row) =>
            row.source_id === sourceId &&
            row.status === 'loaded' &&
            row.published_at !== null &&
            row.decided_at >= since.toISOString(),
        ),
        (row) => row.published_at ?? '',
      ).map((row) => ({
        schema: row.schema_name,
        table: row.table_name,
        runId: row.run_id,
        publishedAt: row.published_at ?? '',
        destinationModified: row.destination_modified,
        rowsLoaded: row.rows_loaded,
        signature: row.signature,
      })),
    everLoaded: async ({ sourceId }) =>
      newest(
        history.rows.filter(
          (row) => row.source_id === sourceId && row.status === 'loaded' && row.published_at !== null,
        ),
        (row) => row.published_at ?? '',
      ).map((row) => ({
        schema: row.schema_name,
        table: row.table_name,
        publishedAt: row.published_at ?? '',
      })),
    rowsOfRun: async ({ sourceId, runId, decidedAt }) =>
      newestPerKey(history.rows)
        .filter((row) => row.source_id === sourceId && row.run_id === runId && row.decided_at === decidedAt)
        .map(({ schema_name: schema, table_name: table, status }) => ({ schema, table, status })),
    newestLoads: async ({ sourceId, since }) =>
      newest(
        history.rows.filter(
          (row) =>
            row.source_id === sourceId && row.status !== 'skipped' && row.decided_at >= since.toISOString(),
        ),
        (row) => row.ended_at ?? row.decided_at,
      ),
    recent: async ({ sourceId, table, runId, limit }) =>
      newestPerKey(history.rows)
        .filter((row) => row.source_id === sourceId)
        .filter((row) => runId === undefined || row.run_id === runId)
        .filter((row) => !table || (row.schema_name === table.schema && row.table_name === table.table))
        .sort((a, b) => b.decided_at.localeCompare(a.decided_at))
        .slice(0, limit),
  };
  return history;
}

const keyOf = (row: HistoryRow) => [row.source_id, row.run_id, row.schema_name, row.table_name].join('\0');

function newest(rows: readonly HistoryRow[], by: (row: HistoryRow) => string): HistoryRow[] {
  const tables = Map.groupBy(rows, (row) => `${row.schema_name}\0${row.table_name}`);
  return [...tables.values()].flatMap(
    (group) => group.toSorted((a, b) => by(b).localeCompare(by(a)))[0] ?? [],
  );
}
