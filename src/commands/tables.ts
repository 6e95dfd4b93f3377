import { errorTextOf } from '../pipeline/history/index.ts';
import { type TableRef, tableKey, tableLabel } from '../pipeline/names/index.ts';
import type { HistoryRow } from '../pipeline/objects/index.ts';
import type { EverLoaded, LastPublished } from '../pipeline/ports/index.ts';
import { goneLines, isPaused, readPauses } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownDuration, shownNumber, shownStatus, textTable } from '../terminal/text-table.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { lookForGone } from './look-for-gone.ts';

const usage = 'npm run tables -- [--json]';
const DAY_MS = 86_400_000;
/** How far back the last load is looked for; older than any staleness people set. */
export const HISTORY_WINDOW_MS = 90 * DAY_MS;

interface TableLine extends TableRef {
  /** The rule or pause that keeps it out, or null. */
  kept_out: string | null;
  /** The load that ended last, however it ended. */
  last: HistoryRow | null;
  /** The load that was published last; its run and rows are told for 90 days. */
  published: { run_id: string | null; published_at: string; rows_loaded: number | null } | null;
  /** History knows it, and the source does not list it. */
  gone_from_listing: boolean;
  /** Since when a person knows that it is gone, or null. */
  acknowledged_at: string | null;
}

/**
 * Every table that the source lists, and those that it lists no more: what of it is published, and
 * how its last load ended.
 */
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
    context.print(parsed.flags['json'] ? jsonText(lines) : tablesText(lines, context.now()));
    return 0;
  },
};

async function describeTables(context: CommandContext): Promise<TableLine[]> {
  const { ports, verify, config } = context;
  const request = {
    sourceId: verify.sourceId,
    since: new Date(context.now().getTime() - HISTORY_WINDOW_MS),
  };
  const [{ listed, gone, ever, acknowledged }, rows, loaded, pauses] = await Promise.all([
    lookForGone(context),
    ports.history.newestLoads(request),
    ports.history.lastPublished(request),
    readPauses(ports.bucket, verify.sourceId),
  ]);
  const last = new Map(
    rows.map((row) => [tableKey({ schema: row.schema_name, table: row.table_name }), row]),
  );
  const published = new Map([
    ...ever.map((one) => [tableKey(one), longAgo(one)] as const),
    ...loaded.map((one) => [tableKey(one), publishedOf(one)] as const),
  ]);
  const goneKeys = new Set(gone.map(tableKey));
  const since = new Map(acknowledged.tables.map((one) => [tableKey(one), one.since]));
  return [...listed, ...gone].map(({ schema, table }) => {
    const key = tableKey({ schema, table });
    const isGone = goneKeys.has(key);
    return {
      schema,
      table,
      kept_out:
        config.exclusionRule({ schema, table }) ?? (isPaused(pauses, { schema, table }) ? 'paused' : null),
      last: last.get(key) ?? null,
      published: published.get(key) ?? null,
      gone_from_listing: isGone,
      acknowledged_at: isGone ? (since.get(key) ?? null) : null,
    };
  });
}

function longAgo({ publishedAt }: EverLoaded): TableLine['published'] {
  return { run_id: null, published_at: publishedAt, rows_loaded: null };
}

function publishedOf({ runId, publishedAt, rowsLoaded }: LastPublished): TableLine['published'] {
  return { run_id: runId, published_at: publishedAt, rows_loaded: rowsLoaded };
}

const goneWord = ({ acknowledged_at }: TableLine) =>
  acknowledged_at === null ? 'gone_from_listing' : 'gone_from_listing, acknowledged';

function tablesText(lines: readonly TableLine[], now: Date): string {
  if (lines.length === 0) return 'The schemas hold no tables.';
  const rows = lines.map((line) => {
    const { last, published, kept_out } = line;
    return [
      tableLabel(line),
      published ? `${shownDuration(published.published_at, now.toISOString())} ago` : '–',
      shownNumber(published?.rows_loaded ?? null),
      last ? shownStatus(last.status) : published ? '–' : 'never loaded',
      line.gone_from_listing ? goneWord(line) : (kept_out ?? ''),
      (last && errorTextOf(last)) ?? '',
    ];
  });
  const gone = lines.filter((line) => line.gone_from_listing && line.acknowledged_at === null);
  const table = textTable(['table', 'published', 'rows', 'last load', 'kept out by', 'error'], rows);
  return [table, ...goneLines(gone)].join('\n');
}
