import { LoadError } from '../pipeline/errors/index.ts';
import { textTable } from '../terminal/text-table.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

const usage = 'npm run query -- "SELECT …" [--json]';

/** A person's SELECT, in BigQuery or in the stand-in. */
export const query: Command = {
  usage,
  summary: 'run a SELECT in BigQuery (or the stand-in)',
  examples: ['npm run query -- "SELECT COUNT(*) FROM slmandic.alunos"'],
  run: async (args, context) => {
    const { words, flags, tables, runs } = parseArguments(args, { json: { type: 'boolean' } }, usage);
    const [sql, ...more] = words;
    if (!sql || more.length + tables.length + runs.length > 0)
      throw new LoadError('USAGE', 'Expected one statement in quotes.', { hint: `Usage: ${usage}` });
    if (!/^\s*(SELECT|WITH)\b/i.test(sql))
      throw new LoadError('USAGE', 'Only SELECT is run here.', { hint: `Usage: ${usage}` });
    if (context.config.settings.BIGQUERY_EMULATOR_HOST)
      context.note("This is the local stand-in: the dialect is DuckDB's.");
    context.activity('BigQuery runs the statement');
    const rows = (await context.query(sql)).map(plain);
    context.print(flags['json'] ? JSON.stringify(rows) : rowsText(rows));
    return 0;
  },
};

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

/**
 * The client wraps times in objects with their text, and decimals in such as print large ones with
 * an exponent.
 */
function plainValue(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if ('toFixed' in value && typeof value.toFixed === 'function') return value.toFixed();
  return 'value' in value ? value.value : value;
}

function rowsText(rows: readonly Record<string, unknown>[]): string {
  const head = Object.keys(rows[0] ?? {});
  const text = (value: unknown) =>
    value === null || value === undefined
      ? 'NULL'
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
  return rows.length === 0
    ? '0 rows'
    : textTable(
        head,
        rows.map((row) => head.map((name) => text(row[name]))),
      );
}
