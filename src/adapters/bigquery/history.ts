import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import {
  HISTORY_COLUMNS,
  type HistoryRow,
  historyRowSchema,
  signatureSchema,
  statusSchema,
} from '../../pipeline/objects/index.ts';
import type { Bucket, History, LastPublished } from '../../pipeline/ports/index.ts';
import {
  type BigQuerySettings,
  createClient,
  knownSoon,
  orNull,
  restCall,
  retrying,
  statusOf,
} from './client.ts';
import { ensureDataset } from './destination.ts';
import {
  canHoldRows,
  everLoadedSql,
  type HistoryTable,
  lastPublishedSql,
  newestLoadsSql,
  recentSql,
  rowsOfRunSql,
} from './history-sql.ts';
import { mergeRows } from './merge-job.ts';

export interface HistorySettings extends BigQuerySettings {
  dataset: string;
  table: string;
  /** Where it is kept which MERGE was started last. */
  bucket: Bucket;
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
  const query = async (sql: string, params: Record<string, string | number>) => {
    const [rows] = await client.query({ query: sql, params, location: settings.location });
    return rows as Record<string, unknown>[];
  };
  const read = (sql: (table: HistoryTable) => string, params: Record<string, string | number>) =>
    retrying(settings, async () => {
      const table = await existingTable(client, settings);
      return table && canHoldRows(table) ? knownSoon(() => query(sql(table), params)) : [];
    });
  return {
    ensureTable: () => retrying(settings, () => ensureTable(client, settings)),
    merge: (rows) => mergeRows(client, settings, rows),
    lastPublished: async ({ sourceId, since }) =>
      (await read(lastPublishedSql, { source: sourceId, since: since.toISOString() })).map(toLastPublished),
    everLoaded: async ({ sourceId }) =>
      (await read(everLoadedSql, { source: sourceId })).map((row) => ({
        schema: String(row['schema_name']),
        table: String(row['table_name']),
        publishedAt: toIso(row['published_at']) ?? '',
      })),
    rowsOfRun: async ({ sourceId, runId, decidedAt }) =>
      (await read(rowsOfRunSql, { source: sourceId, run: runId, decided: decidedAt })).flatMap((row) => {
        const status = statusSchema.safeParse(row['status']).data;
        return status
          ? [{ schema: String(row['schema_name']), table: String(row['table_name']), status }]
          : [];
      }),
    newestLoads: async ({ sourceId, since }) =>
      (await read(newestLoadsSql, { source: sourceId, since: since.toISOString() })).flatMap(toHistoryRow),
    recent: async ({ sourceId, table, runId, limit }) => {
      const params = {
        source: sourceId,
        run: runId ?? '',
        schema: table?.schema ?? '',
        table: table?.table ?? '',
        limit,
      };
      return (await read(recentSql, params)).flatMap(toHistoryRow);
    },
  };
}

/**
 * The table with the columns it has: one that an older version made is read before a worker has
 * added what is missing.
 */
async function existingTable(
  client: BigQuery,
  { projectId, dataset, table }: HistorySettings,
): Promise<HistoryTable | null> {
  const uri = `/datasets/${dataset}/tables/${table}`;
  const found = await orNull(() => restCall<TableResource>(client, { method: 'GET', uri }));
  if (!found) return null;
  const columns = new Set(found.schema.fields.map(({ name }) => (name ?? '').toLowerCase()));
  return { name: `${projectId}.${dataset}.${table}`, columns };
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
    await knownSoon(() => restCall(client, { method: 'POST', uri, json }));
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

/** What rows of older versions may not tell, and every row has. */
const NOT_TOLD = { trigger: 'scheduled', adutora_version: 'unknown', attempts: 0 };

/**
 * What people have written by hand must not keep everybody from reading the rest: a JSON column
 * that cannot be read counts as not there, and a row that is none of ours (no such status or
 * reason) is left out.
 */
function toHistoryRow(row: Record<string, unknown>): HistoryRow[] {
  const told = Object.entries(HISTORY_COLUMNS).flatMap(([name, type]) => {
    const value = row[name] ?? null;
    return value === null ? [] : [[name, converted(value, type)] as const];
  });
  const nothing = Object.keys(HISTORY_COLUMNS).map((name) => [name, null]);
  const read = Object.fromEntries([...nothing, ...Object.entries(NOT_TOLD), ...told]);
  const json = Object.entries(HISTORY_COLUMNS).filter(([, type]) => type === 'JSON');
  for (const name of json.map(([column]) => column as keyof typeof historyRowSchema.shape))
    if (!historyRowSchema.shape[name].safeParse(read[name]).success) read[name] = null;
  const parsed = historyRowSchema.safeParse(read);
  return parsed.success ? [parsed.data] : [];
}

function converted(value: unknown, type: string): unknown {
  if (type === 'TIMESTAMP') return toIso(value);
  if (type === 'INT64') return Number(value);
  return type === 'JSON' ? parseJson(value) : value;
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
