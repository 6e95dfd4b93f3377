import { errorTextOf } from '../pipeline/history/index.ts';
import { type TableRef, tableLabel } from '../pipeline/names/index.ts';
import type { HistoryRow } from '../pipeline/objects/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownNumber, shownStatus, textTable } from '../terminal/text-table.ts';
import { limitFlag, parseArguments, tableArgument, takesOnly } from './arguments.ts';
import type { Command } from './command.ts';
import { knownToHistory, knownToRuns, resolveTables } from './known-tables.ts';
import { rebuildHistory } from './rebuild-history.ts';

const usage =
  'npm run history -- [table=NAME] [--limit N] [--json]   or: npm run history -- rebuild [--json]';

/** The newest rows of the history table, as BigQuery has them; `rebuild` makes them again. */
export const history: Command = {
  usage,
  summary: 'what was loaded, when, and how it ended; rebuild makes it again from bucket and BigQuery',
  examples: ['npm run history -- table=alunos --limit 20', 'npm run history -- rebuild'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { limit: { type: 'string' }, json: { type: 'boolean' } }, usage);
    if (parsed.words[0] === 'rebuild') {
      takesOnly({ ...parsed, words: parsed.words.slice(1) }, usage, []);
      return rebuildHistory(Boolean(parsed.flags['json']), context);
    }
    takesOnly(parsed, usage, ['table']);
    const names = parsed.tables.length > 0 ? [tableArgument(parsed, usage)] : [];
    const limit = limitFlag(parsed, { usage, standard: 50, max: 10_000 });
    context.activity('reading history');
    const [table] = await resolveTables(names, context, [knownToRuns, knownToHistory]);
    const rows = await context.ports.history.recent({
      sourceId: context.verify.sourceId,
      limit,
      ...(table && { table }),
    });
    context.print(parsed.flags['json'] ? jsonText(rows) : historyText(rows, table));
    return 0;
  },
};

const HEAD = [
  'decided (UTC)',
  'run',
  'table',
  'status',
  'reason',
  'engine',
  'rows',
  'took',
  'attempts',
  'error or consistency',
];

function historyText(rows: readonly HistoryRow[], table: TableRef | undefined): string {
  if (rows.length === 0) return table ? `History has no row of ${tableLabel(table)}.` : 'History is empty.';
  const lines = rows.map((row) => [
    row.decided_at.slice(0, 19),
    row.run_id,
    tableLabel({ schema: row.schema_name, table: row.table_name }),
    shownStatus(row.status),
    row.reason,
    row.engine ?? '–',
    shownNumber(row.rows_loaded),
    row.duration_ms === null ? '–' : `${(row.duration_ms / 1_000).toFixed(1)} s`,
    String(row.attempts),
    errorTextOf(row) ?? row.consistency ?? '',
  ]);
  return textTable(HEAD, lines);
}
