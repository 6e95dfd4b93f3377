import { type TableRef, tableKey } from '../pipeline/names/index.ts';
import type { SummaryObject } from '../pipeline/objects/index.ts';
import { recounted } from '../pipeline/run/index.ts';
import type { CommandContext } from './command.ts';

/**
 * A summary is written once, and a stage that the guard has stopped may be published after that
 * (`accept`): history knows. The summary as it is now, and the tables that were published since.
 */
export async function withPublishedSince(
  summary: SummaryObject,
  { ports, verify }: CommandContext,
): Promise<{ summary: SummaryObject; since: TableRef[] }> {
  const stopped = summary.tables.filter(({ failure }) => failure?.code === 'SHRUNK_TOO_MUCH');
  const rows = await Promise.all(
    stopped.map(({ schema, table }) =>
      ports.history.recent({
        sourceId: verify.sourceId,
        runId: summary.runId,
        table: { schema, table },
        limit: 1,
      }),
    ),
  );
  const published = new Map(
    rows
      .flat()
      .filter(({ status }) => status === 'loaded')
      .map((row) => [tableKey({ schema: row.schema_name, table: row.table_name }), row]),
  );
  const tables = summary.tables.map((table) => {
    const row = published.get(tableKey(table));
    if (!row) return table;
    const { rows_loaded: rowsLoaded, attempts } = row;
    return {
      ...table,
      status: 'loaded' as const,
      rowsLoaded,
      attempts,
      failure: null,
    };
  });
  const since = stopped.filter((table) => published.has(tableKey(table)));
  return { summary: recounted({ ...summary, tables }), since };
}
