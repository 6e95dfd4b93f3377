import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { HISTORY_COLUMNS, type HistoryRow, historyRowSchema } from '../../pipeline/history-row.ts';
import { LoadError } from '../../pipeline/load-error.ts';
import { signatureSchema } from '../../pipeline/objects/signature.ts';
import type { History, LastPublished } from '../../pipeline/ports/history.ts';
import { type BigQuerySettings, createClient, orNull, restCall, retrying, statusOf } from './client.ts';
import { ensureDataset } from './destination.ts';
import { lastPublishedSql, mergeSql, newestLoadsSql, recentSql } from './history-sql.ts';

export interface HistorySettings extends BigQuerySettings {
  dataset: string;
  table: string;
}

interface TableResource {
  etag: string;
  schema: { fields: TableField[] };
}

/** The API's names of the types of the history columns. */
const API_NAMES: Record<string, string> = { INT64: 'INTEGER' };

/** `History` over BigQuery. */
export function createHistory(settings: HistorySettings): History {
  const client = createClient(settings);
  const tableName = `${settings.projectId}.${settings.dataset}.${settings.table}`;
  const query = async (sql: string, params: Record<string, string | number>) => {
    const [rows] = await client.query({ query: sql, params, location: settings.location });
    return rows as Record<string, unknown>[];
  };
  return {
    ensureTable: () => retrying(settings, () => ensureTable(client, settings)),
    merge: (rows) =>
      retrying(settings, async () => void (await query(mergeSql(tableName), mergeParameters(rows)))),
    lastPublished: ({ sourceId, since }) =>
      retrying(settings, async () => {
        const rows = await orNull(() =>
          query(lastPublishedSql(tableName), { source: sourceId, since: since.toISOString() }),
        );
        return (rows ?? []).map(toLastPublished);
      }),
    newestLoads: ({ sourceId, since }) =>
      retrying(settings, async () => {
        const rows = await orNull(() =>
          query(newestLoadsSql(tableName), { source: sourceId, since: since.toISOString() }),
        );
        return (rows ?? []).map(toHistoryRow);
      }),
    recent: ({ sourceId, table, runId, limit }) =>
      retrying(settings, async () => {
        const params = {
          source: sourceId,
          run: runId ?? '',
          schema: table?.schema ?? '',
          table: table?.table ?? '',
          limit,
        };
        return ((await orNull(() => query(recentSql(tableName), params))) ?? []).map(toHistoryRow);
      }),
  };
}

function mergeParameters(rows: readonly HistoryRow[]): { rows: string; first: string; last: string } {
  const times = rows.map((row) => row.decided_at).sort();
  return { rows: JSON.stringify(rows), first: times[0] ?? '', last: times.at(-1) ?? '' };
}

async function ensureTable(client: BigQuery, settings: HistorySettings): Promise<void> {
  const { projectId, dataset, table } = settings;
  const uri = `/datasets/${dataset}/tables`;
  const existing = await orNull(() =>
    restCall<TableResource>(client, { method: 'GET', uri: `${uri}/${table}` }),
  );
  if (existing)
    return addMissingColumns(client, { uri: `${uri}/${table}`, existing, name: `${dataset}.${table}` });
  await ensureDataset(client, settings, dataset);
  const json = {
    tableReference: { projectId, datasetId: dataset, tableId: table },
    schema: { fields: wantedFields() },
    timePartitioning: { type: 'DAY', field: 'decided_at' },
    clustering: { fields: ['table_name'] },
  };
  try {
    await restCall(client, { method: 'POST', uri, json });
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}

function wantedFields(): { name: string; type: string; mode: string }[] {
  return Object.entries(HISTORY_COLUMNS).map(([name, type]) => ({ name, type, mode: 'NULLABLE' }));
}

/** An older table gets what is missing; one that cannot hold our rows is refused. */
async function addMissingColumns(
  client: BigQuery,
  table: { uri: string; existing: TableResource; name: string },
): Promise<void> {
  const { fields } = table.existing.schema;
  const present = new Map(fields.map((field) => [(field.name ?? '').toLowerCase(), field]));
  const foreign = fields.filter(
    (field) => field.mode === 'REQUIRED' && !Object.hasOwn(HISTORY_COLUMNS, field.name ?? ''),
  );
  const retyped = wantedFields().filter(({ name, type }) => {
    const found = present.get(name)?.type;
    return found !== undefined && found !== type && found !== API_NAMES[type];
  });
  if (foreign.length + retyped.length > 0) {
    const names = [...foreign, ...retyped].map(({ name }) => name).join(', ');
    throw new LoadError(
      'HISTORY_INCOMPATIBLE',
      `${table.name} has columns that cannot hold our rows: ${names}.`,
    );
  }
  const missing = wantedFields().filter(({ name }) => !present.has(name));
  if (missing.length === 0) return;
  await restCall(client, {
    method: 'PATCH',
    uri: table.uri,
    etag: table.existing.etag,
    json: { schema: { fields: [...fields, ...missing] } },
  });
}

function toLastPublished(row: Record<string, unknown>): LastPublished {
  const signature = signatureSchema.safeParse(parseJson(row['signature']));
  return {
    schema: String(row['schema_name']),
    table: String(row['table_name']),
    runId: String(row['run_id']),
    publishedAt: toIso(row['published_at']) ?? '',
    destinationModified: toIso(row['destination_modified']),
    rowsLoaded: row['rows_loaded'] === null ? null : Number(row['rows_loaded']),
    signature: signature.success ? signature.data : null,
  };
}

/** What people have written into the JSON columns by hand must not keep everybody from reading the rest: it counts as not there. */
function toHistoryRow(row: Record<string, unknown>): HistoryRow {
  const converted = Object.entries(HISTORY_COLUMNS).map(([name, type]) => {
    const value = row[name] ?? null;
    if (value === null) return [name, null];
    if (type === 'TIMESTAMP') return [name, toIso(value)];
    if (type === 'INT64') return [name, Number(value)];
    return [name, type === 'JSON' ? parseJson(value) : value];
  });
  const read = Object.fromEntries(converted);
  const signature = signatureSchema.safeParse(read['signature']);
  return historyRowSchema.parse({ ...read, signature: signature.success ? signature.data : null });
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The client gives a TIMESTAMP as an object with its text. */
function toIso(value: unknown): string | null {
  const text = value !== null && typeof value === 'object' && 'value' in value ? value.value : value;
  return typeof text === 'string' ? new Date(text).toISOString() : null;
}
