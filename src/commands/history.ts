import type { HistoryRow } from '../pipeline/history-row.ts';
import { LoadError } from '../pipeline/load-error.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import { noWords, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { resolveTables } from './known-tables.ts';
import { shownNumber, textTable } from './text-table.ts';

const usage = 'npm run history -- [table=NAME] [--limit N] [--json]';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

/** The newest rows of the history table, as BigQuery has them. */
export const history: Command = {
  usage,
  summary: 'what was loaded, when, and how it ended',
  run: async (args, context) => {
    const parsed = parseArguments(args, { limit: { type: 'string' }, json: { type: 'boolean' } }, usage);
    noWords(parsed, usage);
    const limit = Number(parsed.flags['limit'] ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      throw new LoadError('USAGE', `--limit: expected 1 to ${MAX_LIMIT}.`, { hint: `Usage: ${usage}` });
    const [table] = parsed.tables.length > 0 ? await resolveTables(parsed.tables.slice(0, 1), context) : [];
    const rows = await context.ports.history.recent({
      sourceId: context.verify.sourceId,
      limit,
      ...(table && { table }),
    });
    context.print(parsed.flags['json'] ? JSON.stringify(rows) : historyText(rows));
    return 0;
  },
};

function historyText(rows: readonly HistoryRow[]): string {
  if (rows.length === 0) return 'History is empty.';
  const lines = rows.map((row) => [
    row.decided_at.slice(0, 19),
    row.run_id,
    tableLabel({ schema: row.schema_name, table: row.table_name }),
    row.status,
    row.reason,
    shownNumber(row.rows_loaded),
    row.duration_ms === null ? '–' : `${(row.duration_ms / 1_000).toFixed(1)} s`,
    String(row.attempts),
    row.error_message ?? row.consistency ?? '',
  ]);
  return textTable(['decided', 'run', 'table', 'status', 'reason', 'rows', 'took', 'attempts', ''], lines);
}
