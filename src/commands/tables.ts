import type { HistoryRow } from '../pipeline/history-row.ts';
import { isPaused, readPauses } from '../pipeline/pauses.ts';
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
  last: HistoryRow | null;
}

/** Every table of the source, and how its last load ended. */
export const tables: Command = {
  usage,
  summary: 'every table, whether it is paused or excluded, and how its last load ended',
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
  const since = new Date(context.now().getTime() - WINDOW_MS);
  const [known, rows, pauses] = await Promise.all([
    knownTables(context),
    ports.history.newestLoads({ sourceId: verify.sourceId, since }),
    readPauses(ports.stage, verify.sourceId),
  ]);
  const last = new Map(
    rows.map((row) => [tableKey({ schema: row.schema_name, table: row.table_name }), row]),
  );
  return known.map((table) => ({
    ...table,
    kept_out: config.exclusionRule(table) ?? (isPaused(pauses, table) ? 'paused' : null),
    last: last.get(tableKey(table)) ?? null,
  }));
}

function tablesText(lines: readonly TableLine[], now: Date): string {
  if (lines.length === 0) return 'The schemas hold no tables.';
  const rows = lines.map(({ last, kept_out, ...table }) => [
    tableLabel(table),
    last ? shownStatus(last.status) : 'never loaded',
    last?.published_at ? `${shownDuration(last.published_at, now.toISOString())} ago` : '–',
    shownNumber(last?.rows_loaded ?? null),
    kept_out ?? '',
    last?.error_message ?? '',
  ]);
  return textTable(['table', 'last load', 'when', 'rows', 'kept out by', ''], rows);
}
