import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import { type DestinationRef, granularitySchema, type Partitioning } from '../../pipeline/objects/index.ts';
import type { Destination, DestinationColumn, DestinationFacts } from '../../pipeline/ports/index.ts';
import { messageOf } from '../retry.ts';
import { type BigQuerySettings, createClient, orNull, restCall, retrying, statusOf } from './client.ts';
import { copy, drop, getCopy } from './copy-jobs.ts';
import { otherWriters } from './other-writers.ts';
import { burn, getPublish, insertPublish, toIso } from './publish-jobs.ts';

const NOT_FOUND = 404;
const PRECONDITION_FAILED = 412;

/** The API's old type names → BigQuery's SQL names. */
const SQL_TYPES: Record<string, string> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
};

interface TableResource {
  schema?: { fields?: TableField[] };
  numRows?: string;
  lastModifiedTime: string;
  location: string;
  etag: string;
  description?: string;
  labels?: Record<string, string>;
  tableConstraints?: { primaryKey?: { columns?: string[] } };
  timePartitioning?: { type?: string; field?: string; expirationMs?: string };
  clustering?: { fields?: string[] };
  expirationTime?: string;
  streamingBuffer?: unknown;
}

/** `Destination` over BigQuery. */
export function createDestination(settings: BigQuerySettings): Destination {
  const client = createClient(settings);
  return {
    ensureDataset: (dataset) => retrying(settings, () => ensureDataset(client, settings, dataset)),
    describe: (destination) => retrying(settings, () => describe(client, destination)),
    describeDataset: (dataset) => retrying(settings, () => describeDataset(client, settings, dataset)),
    hasRowAccessPolicies: (destination) =>
      retrying(settings, () => hasRowAccessPolicies(client, destination)),
    burn: (id) => burn(client, settings, id),
    publish: (request) => insertPublish(client, settings, request),
    getPublish: (id) => getPublish(client, settings, id),
    otherWriters: (request) => otherWriters(client, settings, request),
    alter: (request) => retrying(settings, () => alter(client, request)),
    drop: (request) => drop(client, settings, request),
    remove: (destination) =>
      retrying(settings, async () => {
        await orNull(() => restCall(client, { method: 'DELETE', uri: tableUri(destination) }));
      }),
    copy: (request) => copy(client, settings, request),
    getCopy: (id) => getCopy(client, settings, id),
  };
}

/**
 * Creates the dataset where it is missing. Throws `DATASET_LOCATION` where it is in another
 * location.
 */
export async function ensureDataset(
  client: BigQuery,
  { projectId, location }: BigQuerySettings,
  dataset: string,
): Promise<void> {
  const uri = `/datasets/${dataset}`;
  const found = await orNull(() => restCall<{ location: string }>(client, { method: 'GET', uri }));
  if (!found) {
    try {
      await restCall(client, {
        method: 'POST',
        uri: '/datasets',
        json: { datasetReference: { projectId, datasetId: dataset }, location },
      });
      return;
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      // Another worker made it in this moment, and the next try finds it.
      throw new LoadError('DESTINATION_UNAVAILABLE', `BigQuery: ${messageOf(error)}`, { cause: error });
    }
  }
  if (found.location.toLowerCase() === location.toLowerCase()) return;
  throw new LoadError(
    'DATASET_LOCATION',
    `Dataset ${dataset} is in ${found.location}, BIGQUERY_LOCATION is ${location}.`,
  );
}

function tableUri({ dataset, table }: DestinationRef): string {
  return `/datasets/${dataset}/tables/${table}`;
}

async function describe(client: BigQuery, destination: DestinationRef): Promise<DestinationFacts | null> {
  const table = await orNull(() =>
    restCall<TableResource>(client, { method: 'GET', uri: tableUri(destination) }),
  );
  if (!table) return null;
  return {
    columns: (table.schema?.fields ?? []).map(toColumn),
    rows: Number(table.numRows ?? 0),
    lastModified: toIso(table.lastModifiedTime) ?? '',
    location: table.location,
    hasStreamingBuffer: table.streamingBuffer !== undefined,
    etag: table.etag,
    description: table.description ?? '',
    labels: table.labels ?? {},
    primaryKey: table.tableConstraints?.primaryKey?.columns ?? [],
    partitioning: toPartitioning(table),
    doPartitionsExpire: table.timePartitioning?.expirationMs !== undefined,
    clustering: table.clustering?.fields ?? [],
    expiresAt: toIso(table.expirationTime),
  };
}

function toPartitioning({ timePartitioning }: TableResource): Partitioning | null {
  const { type, field } = timePartitioning ?? {};
  return type && field ? { column: field, granularity: granularitySchema.parse(type) } : null;
}

/**
 * A field of a table: what we compare, with whatever else people set on it carried along for the
 * next load.
 */
function toColumn(field: TableField): DestinationColumn {
  const type = field.type ?? '';
  const mode = (field.mode ?? 'NULLABLE') as DestinationColumn['mode'];
  return { ...field, name: field.name ?? '', type: SQL_TYPES[type] ?? type, mode };
}

/**
 * One query of the dataset's own table list; its times are those of tables.get (docs/unproven.md).
 */
async function describeDataset(
  client: BigQuery,
  { projectId, location }: BigQuerySettings,
  dataset: string,
): Promise<Map<string, { rows: number; lastModified: string }>> {
  const query = `SELECT table_id, row_count, last_modified_time FROM \`${projectId}.${dataset}.__TABLES__\``;
  const rows = await orNull(async () => (await client.query({ query, location }))[0]);
  const entries = (rows ?? []) as { table_id: string; row_count: number; last_modified_time: number }[];
  return new Map(
    entries.map((row) => [
      row.table_id,
      { rows: Number(row.row_count), lastModified: new Date(Number(row.last_modified_time)).toISOString() },
    ]),
  );
}

async function hasRowAccessPolicies(client: BigQuery, destination: DestinationRef): Promise<boolean> {
  const found = await orNull(() =>
    restCall<{ rowAccessPolicies?: unknown[] }>(client, {
      method: 'GET',
      uri: `${tableUri(destination)}/rowAccessPolicies`,
    }),
  );
  return (found?.rowAccessPolicies ?? []).length > 0;
}

/**
 * A changed etag is an answer, not a fault: somebody else was first. So is a table that is gone.
 */
async function alter(
  client: BigQuery,
  { destination, etag, changes }: Parameters<Destination['alter']>[0],
): Promise<{ lastModified: string } | null> {
  const { columns, description, labels, primaryKey, clustering, expiresAt } = changes;
  const json = {
    ...(columns && { schema: { fields: columns } }),
    ...(description !== undefined && { description }),
    ...(labels && { labels }),
    ...(primaryKey && {
      tableConstraints: primaryKey.length > 0 ? { primaryKey: { columns: primaryKey } } : {},
    }),
    ...(clustering && { clustering: { fields: clustering } }),
    ...(expiresAt && { expirationTime: String(Date.parse(expiresAt)) }),
  };
  try {
    const request = { method: 'PATCH' as const, uri: tableUri(destination), json, etag };
    const { lastModifiedTime } = await restCall<TableResource>(client, request);
    return { lastModified: toIso(lastModifiedTime) ?? '' };
  } catch (error) {
    if (statusOf(error) === PRECONDITION_FAILED || statusOf(error) === NOT_FOUND) return null;
    throw error;
  }
}
