import { ApiError, duplicate, invalid, notFound, onlyFields } from './api-error.ts';
import { type Database, quoteName } from './database.ts';
import {
  type DatasetResource,
  type Field,
  type Resources,
  type TableResource,
  tableId,
} from './resources.ts';
import { typeRule } from './types.ts';

const NAME = /^[A-Za-z0-9_]{1,1024}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;
const ETAG_MISMATCH = 412;

export interface StandIn {
  database: Database;
  resources: Resources;
  project: string;
  /** Address of the Cloud Storage stand-in. */
  gcs: string;
  dataDir: string;
}

/** Labels of anything: values as BigQuery allows them. */
export function checkLabels(labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels))
    if (!LABEL_VALUE.test(value) || !LABEL_VALUE.test(key))
      throw invalid(`Label ${key}=${value} is not allowed.`);
}

export async function insertDataset(
  standIn: StandIn,
  body: {
    datasetReference: { datasetId: string };
    location?: string;
    labels?: Record<string, string>;
    description?: string;
  },
): Promise<DatasetResource> {
  onlyFields(body, ['datasetReference', 'location', 'labels', 'description'], 'dataset');
  const id = body.datasetReference.datasetId;
  if (!NAME.test(id)) throw invalid(`Invalid dataset ID ${id}`);
  if (standIn.resources.get('dataset', id)) throw duplicate(`Dataset ${standIn.project}:${id}`);
  checkLabels(body.labels ?? {});
  const now = Date.now();
  const dataset: DatasetResource = {
    id,
    location: body.location ?? 'US',
    labels: body.labels ?? {},
    creationTime: now,
    lastModifiedTime: now,
    ...(body.description && { description: body.description }),
  };
  await standIn.database.exclusively(async () => {
    await standIn.database.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(id)}`);
    await standIn.resources.put('dataset', id, dataset);
  });
  return dataset;
}

export function getDataset(standIn: StandIn, id: string): DatasetResource {
  const dataset = standIn.resources.get('dataset', id);
  if (!dataset) throw notFound(`Dataset ${standIn.project}:${id}`);
  return dataset;
}

export async function deleteDataset(standIn: StandIn, id: string, deleteContents: boolean): Promise<void> {
  getDataset(standIn, id);
  const tables = standIn.resources.list('table').filter((table) => table.dataset === id);
  if (tables.length > 0 && !deleteContents) throw invalid(`Dataset ${id} is still in use`);
  await standIn.database.exclusively(async () => {
    await standIn.database.run(`DROP SCHEMA ${quoteName(id)} CASCADE`);
    for (const table of tables) await standIn.resources.remove('table', tableId(id, table.id));
    await standIn.resources.remove('dataset', id);
  });
}

export function getTable(standIn: StandIn, dataset: string, id: string): TableResource {
  const table = standIn.resources.get('table', tableId(dataset, id));
  if (!table) throw notFound(`Table ${standIn.project}:${dataset}.${id}`);
  return table;
}

/** DuckDB's name of a table. */
export function storageName(dataset: string, table: string): string {
  return `${quoteName(dataset)}.${quoteName(table)}`;
}

/** Creates the storage of a table; call it inside `exclusively`. */
export async function createStorage(standIn: StandIn, name: string, schema: readonly Field[]): Promise<void> {
  const columns = schema.map((field) => {
    if (field.mode === 'REPEATED') throw invalid('The stand-in has no REPEATED columns.');
    return `${quoteName(field.name)} ${typeRule(field.type).storage}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`;
  });
  await standIn.database.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
}

interface TableBody {
  tableReference: { tableId: string };
  schema?: { fields: Field[] };
  labels?: Record<string, string>;
  description?: string;
  timePartitioning?: unknown;
  clustering?: unknown;
  tableConstraints?: unknown;
}

export async function insertTable(
  standIn: StandIn,
  dataset: string,
  body: TableBody,
): Promise<TableResource> {
  onlyFields(
    body,
    [
      'tableReference',
      'schema',
      'labels',
      'description',
      'timePartitioning',
      'clustering',
      'tableConstraints',
    ],
    'table',
  );
  getDataset(standIn, dataset);
  const id = body.tableReference.tableId;
  if (!NAME.test(id)) throw invalid(`Invalid table ID ${id}`);
  if (standIn.resources.get('table', tableId(dataset, id)))
    throw duplicate(`Table ${standIn.project}:${dataset}.${id}`);
  checkLabels(body.labels ?? {});
  const { tableReference, schema, ...more } = body;
  const table = newTable(dataset, id, schema?.fields ?? [], more);
  await standIn.database.exclusively(async () => {
    await createStorage(standIn, storageName(dataset, id), table.schema);
    await standIn.resources.put('table', tableId(dataset, id), table);
  });
  return table;
}

export function newTable(
  dataset: string,
  id: string,
  schema: Field[],
  more: Partial<TableResource> = {},
): TableResource {
  const now = Date.now();
  return {
    labels: {},
    ...more,
    dataset,
    id,
    schema,
    rowAccessPolicies: [],
    creationTime: now,
    lastModifiedTime: now,
    etag: 1,
  };
}

/** Changes a table's metadata; with `etag` only if nobody else has meanwhile. New columns must be NULLABLE. */
export async function patchTable(
  standIn: StandIn,
  name: { dataset: string; id: string },
  body: Partial<TableBody> & { etag?: string },
): Promise<TableResource> {
  onlyFields(
    body,
    ['etag', 'schema', 'labels', 'description', 'tableConstraints', 'tableReference'],
    'table patch',
  );
  const table = getTable(standIn, name.dataset, name.id);
  if (body.etag && body.etag !== String(table.etag))
    throw new ApiError(ETAG_MISMATCH, 'conditionNotMet', 'Precondition check failed.');
  const { schema, etag, tableReference, ...more } = body;
  checkLabels(body.labels ?? {});
  await standIn.database.exclusively(async () => {
    if (schema) await addColumns(standIn, table, schema.fields);
    const changed = {
      ...table,
      ...more,
      ...(schema && { schema: schema.fields }),
      lastModifiedTime: Date.now(),
      etag: table.etag + 1,
    };
    await standIn.resources.put('table', tableId(table.dataset, table.id), changed);
  });
  return getTable(standIn, name.dataset, name.id);
}

async function addColumns(standIn: StandIn, table: TableResource, fields: Field[]): Promise<void> {
  const kept = fields.slice(0, table.schema.length);
  const isSame = table.schema.every(
    (field, index) => kept[index]?.name === field.name && kept[index]?.type === field.type,
  );
  const added = fields.slice(table.schema.length);
  if (!isSame || added.some(({ mode }) => mode === 'REQUIRED'))
    throw invalid('Provided Schema does not match: only NULLABLE columns can be added, at the end.');
  for (const field of added) {
    await standIn.database.run(
      `ALTER TABLE ${storageName(table.dataset, table.id)} ADD COLUMN ${quoteName(field.name)} ${typeRule(field.type).storage}`,
    );
  }
}

export async function deleteTable(standIn: StandIn, dataset: string, id: string): Promise<void> {
  getTable(standIn, dataset, id);
  await standIn.database.exclusively(async () => {
    await standIn.database.run(`DROP TABLE ${storageName(dataset, id)}`);
    await standIn.resources.remove('table', tableId(dataset, id));
  });
}

/** Rows now, counted. */
export async function countRows(standIn: StandIn, { dataset, id }: TableResource): Promise<number> {
  const [row] = await standIn.database.exclusively(() =>
    standIn.database.all(`SELECT COUNT(*) AS n FROM ${storageName(dataset, id)}`),
  );
  return Number(row?.['n'] ?? 0);
}
