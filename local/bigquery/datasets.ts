import { duplicate, invalid, notFound, onlyFields } from './api-error.ts';
import { quoteName } from './database.ts';
import { type DatasetResource, tableId } from './resources.ts';
import { checkLabels, checkName, type StandIn } from './stand-in.ts';

const HOUR_MS = 3_600_000;

interface DatasetOptions {
  labels?: Record<string, string>;
  description?: string;
  /** Milliseconds as text, an hour at least; null takes it away. */
  defaultTableExpirationMs?: string | null;
  /** The same of the partitions of new tables; those then have no expiration of their own. */
  defaultPartitionExpirationMs?: string | null;
}

const OPTIONS = ['labels', 'description', 'defaultTableExpirationMs', 'defaultPartitionExpirationMs'];

export async function insertDataset(
  standIn: StandIn,
  body: DatasetOptions & { datasetReference: { datasetId: string }; location?: string },
): Promise<DatasetResource> {
  onlyFields(body, ['datasetReference', 'location', ...OPTIONS], 'dataset');
  const id = body.datasetReference.datasetId;
  checkName('dataset', id);
  if (standIn.resources.get('dataset', id)) throw duplicate(`Dataset ${standIn.project}:${id}`);
  const now = Date.now();
  const dataset = withOptions(
    { id, location: body.location ?? 'US', labels: {}, creationTime: now, lastModifiedTime: now },
    body,
  );
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

export async function patchDataset(
  standIn: StandIn,
  id: string,
  body: DatasetOptions & { datasetReference?: unknown },
): Promise<DatasetResource> {
  onlyFields(body, ['datasetReference', ...OPTIONS], 'dataset patch');
  const changed = withOptions({ ...getDataset(standIn, id), lastModifiedTime: Date.now() }, body);
  await standIn.database.exclusively(() => standIn.resources.put('dataset', id, changed));
  return changed;
}

export async function deleteDataset(standIn: StandIn, id: string, deleteContents: boolean): Promise<void> {
  getDataset(standIn, id);
  const ofIt = (table: { dataset: string }) => table.dataset === id;
  const tables = standIn.resources.list('table').filter(ofIt);
  const deleted = standIn.resources.list('deleted').filter(ofIt);
  if (tables.length > 0 && !deleteContents) throw invalid(`Dataset ${id} is still in use`);
  await standIn.database.exclusively(async () => {
    await standIn.database.run(`DROP SCHEMA ${quoteName(id)} CASCADE`);
    for (const table of tables) await standIn.resources.remove('table', tableId(id, table.id));
    for (const table of deleted) await standIn.resources.remove('deleted', tableId(id, table.id));
    await standIn.resources.remove('dataset', id);
  });
}

function withOptions(dataset: DatasetResource, options: DatasetOptions): DatasetResource {
  const { labels, description } = options;
  checkLabels(labels ?? {});
  const { defaultTableExpirationMs, defaultPartitionExpirationMs, ...others } = dataset;
  return {
    ...others,
    ...(labels && { labels }),
    ...(description && { description }),
    ...expiration('defaultTableExpirationMs', options, dataset),
    ...expiration('defaultPartitionExpirationMs', options, dataset),
  };
}

function expiration(
  key: 'defaultTableExpirationMs' | 'defaultPartitionExpirationMs',
  given: DatasetOptions,
  before: DatasetResource,
): Partial<DatasetResource> {
  const value = given[key] === undefined ? before[key] : given[key];
  if (!value) return {};
  if (!(Number(value) >= HOUR_MS)) throw invalid(`Invalid value for ${key}: ${value}`);
  return { [key]: String(value) };
}
