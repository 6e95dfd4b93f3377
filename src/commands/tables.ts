import type { HistoryRow } from '../pipeline/history-row.ts';
import { isPaused, readPauses } from '../pipeline/pauses.ts';
import type { LastPublished } from '../pipeline/ports/history.ts';
import { type TableRef, tableKey, tableLabel } from '../pipeline/table-ref.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { knownTables } from './known-tables.ts';
import { shownDuration, shownNumber, shownStatus, textTable } from './text-table.ts';

const usage = 'npm run tables -- [--json]';
const DAY_MS = 86_400_000;
/** How far back the last load is looked for; older than any staleness people set. */
const WINDOW_MS = 90 * DAY_MS;

interface TableLine extends TableRef {
  /** The rule or pause that keeps it out, or null. */
  kept_out: string | null;
  /** The load that ended last, however it ended. */
  last: HistoryRow | null;
  /** The load that was published last. */
  published: { run_id: string; published_at: string; rows_loaded: number | null } | null;
}

/** Every table of the source: what of it is published, and how its last load ended. */
export const tables: Command = {
  usage,
  summary:
    'every table, whether it is paused or excluded, when it was published, and how its last load ended',
  examples: ['npm run tables', 'npm run -s tables -- --json | jq \'.[] | select(.last.status == "failed")\''],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    context.activity('reading tables and history');
    const lines = await describeTables(context);
    context.print(parsed.flags['json'] ? JSON.stringify(lines) : tablesText(lines, context.now()));
    return 0;
  },
};

async function describeTables(context: CommandContext): Promise<TableLine[]> {
  const { ports, verify, config } = context;
  const request = {
    sourceId: verify.sourceId,
    since: new Date(context.now().getTime() - WINDOW_MS),
  };
  const [known, rows, loaded, pauses] = await Promise.all([
    knownTables(context),
    ports.history.newestLoads(request),
    ports.history.lastPublished(request),
    readPauses(ports.stage, verify.sourceId),
  ]);
  const last = new Map(
    rows.map((row) => [tableKey({ schema: row.schema_name, table: row.table_name }), row]),
  );
  const published = new Map(loaded.map((one) => [tableKey(one), publishedOf(one)]));
  return known.map((table) => ({
    ...table,
    kept_out: config.exclusionRule(table) ?? (isPaused(pauses, table) ? 'paused' : null),
    last: last.get(tableKey(table)) ?? null,
    published: published.get(tableKey(table)) ?? null,
  }));
}

function publishedOf({ runId, publishedAt, rowsLoaded }: LastPublished): TableLine['published'] {
  return { run_id: runId, published_at: publishedAt, rows_loaded: rowsLoaded };
}

function tablesText(lines: readonly TableLine[], now: Date): string {
  if (lines.length === 0) return 'The schemas hold no tables.';
  const rows = lines.map(({ last, published, kept_out, ...table }) => [
    tableLabel(table),
    published ? `${shownDuration(published.published_at, now.toISOString())} ago` : '–',
    shownNumber(published?.rows_loaded ?? null),
    last ? shownStatus(last.status) : 'never loaded',
    kept_out ?? '',
    last?.error_message ?? '',
  ]);
  return textTable(['table', 'published', 'rows', 'last load', 'kept out by', 'error'], rows);
}
