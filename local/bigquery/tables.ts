import { ApiError, duplicate, invalid, notFound, onlyFields } from './api-error.ts';
import { quoteName } from './database.ts';
import { getDataset } from './datasets.ts';
import { type DatasetResource, type Field, type NewTable, type TableResource, tableId } from './resources.ts';
import { checkLabels, checkName, type StandIn } from './stand-in.ts';
import { countStored, deleteRows, replaceRows, storageName, timeOfChange } from './storage.ts';
import { checkOptions, type TableOptions } from './table-options.ts';

const ETAG_MISMATCH = 412;

interface TableBody extends TableOptions {
  tableReference: { tableId: string };
  schema?: { fields: Field[] };
  labels?: Record<string, string>;
  description?: string;
  tableConstraints?: unknown;
  /** Epoch milliseconds as text; null takes it away. */
  expirationTime?: string | null;
}

const TABLE_FIELDS = [
  'tableReference',
  'schema',
  'labels',
  'description',
  'timePartitioning',
  'clustering',
  'tableConstraints',
  'expirationTime',
];
const PATCH_FIELDS = [...TABLE_FIELDS, 'etag'];

export function findTable(standIn: StandIn, dataset: string, id: string): TableResource | undefined {
  return standIn.resources.get('table', tableId(dataset, id));
}

export function getTable(standIn: StandIn, dataset: string, id: string): TableResource {
  const table = findTable(standIn, dataset, id);
  if (!table) throw notFound(`Table ${standIn.project}:${dataset}.${id}`);
  return table;
}

export async function insertTable(
  standIn: StandIn,
  dataset: string,
  body: TableBody,
): Promise<TableResource> {
  onlyFields(body, TABLE_FIELDS, 'table');
  getDataset(standIn, dataset);
  const id = body.tableReference.tableId;
  checkName('table', id);
  checkLabels(body.labels ?? {});
  const { tableReference, schema, expirationTime, ...more } = body;
  const fields = schema?.fields ?? [];
  checkOptions(more, fields);
  const table = newTable(standIn, { dataset, id }, { schema: fields, ...more, ...expiring(expirationTime) });
  return alone(standIn, () => {
    if (findTable(standIn, dataset, id)) throw duplicate(`Table ${standIn.project}:${dataset}.${id}`);
    return replaceRows(standIn, table);
  });
}

/** Nobody else changes a table between our look at it and our change. */
function alone<T>(standIn: StandIn, work: () => Promise<T>): Promise<T> {
  return standIn.database.exclusively(() => standIn.database.inTransaction(work));
}

/** A table to be made; it expires as its dataset says, unless it says so itself. */
export function newTable(
  standIn: StandIn,
  { dataset, id }: { dataset: string; id: string },
  given: { schema: Field[] } & Partial<NewTable>,
): NewTable {
  const expiration = defaultExpiration(getDataset(standIn, dataset), given);
  return { labels: {}, rowAccessPolicies: [], ...given, ...expiration, dataset, id };
}

/**
 * Where a dataset has a life for partitions, it takes the place of the tables' for those that are
 * partitioned.
 */
function defaultExpiration(
  { defaultTableExpirationMs: tableMs, defaultPartitionExpirationMs: partitionMs }: DatasetResource,
  { timePartitioning, expirationTime }: Partial<NewTable>,
): Partial<NewTable> {
  if (timePartitioning && partitionMs)
    return { timePartitioning: { expirationMs: partitionMs, ...timePartitioning } };
  if (!tableMs || expirationTime) return {};
  return { expirationTime: String(Date.now() + Number(tableMs)) };
}

/**
 * Changes a table's metadata; with `etag` only if nobody else has meanwhile. New columns must be
 * NULLABLE.
 */
export async function patchTable(
  standIn: StandIn,
  name: { dataset: string; id: string },
  body: Partial<TableBody> & { etag?: string },
): Promise<TableResource> {
  onlyFields(body, PATCH_FIELDS, 'table patch');
  const set = Object.entries(body.labels ?? {}).filter(([, value]) => value !== null);
  checkLabels(Object.fromEntries(set));
  return alone(standIn, async () => {
    const table = getTable(standIn, name.dataset, name.id);
    if (body.etag && body.etag !== String(table.etag))
      throw new ApiError(ETAG_MISMATCH, 'conditionNotMet', 'Precondition check failed.');
    const changed = patched(table, body);
    checkPatch(table, changed);
    await putChanged(standIn, table, changed);
    return getTable(standIn, name.dataset, name.id);
  });
}

function patched(table: TableResource, body: Partial<TableBody> & { etag?: string }): TableResource {
  const { schema, etag, tableReference, expirationTime, labels, ...more } = body;
  const { expirationTime: before, ...others } = table;
  // A null takes a label away; those that are not named stay.
  const merged = Object.entries({ ...table.labels, ...labels }).filter(([, value]) => value !== null);
  const expiration =
    expirationTime === undefined ? before && { expirationTime: before } : expiring(expirationTime);
  const changed = { ...others, ...more, labels: Object.fromEntries(merged) };
  return { ...changed, ...(schema && { schema: schema.fields }), ...expiration };
}

function expiring(expirationTime: string | null | undefined): { expirationTime?: string } {
  if (!expirationTime) return {};
  if (!(Number(expirationTime) > Date.now()))
    throw invalid(`Invalid value for expirationTime: ${expirationTime} is not in the future.`);
  return { expirationTime: String(expirationTime) };
}

function checkPatch(before: TableResource, after: TableResource): void {
  checkOptions(after, after.schema);
  const [old, now] = [before.timePartitioning, after.timePartitioning];
  if (old?.type !== now?.type || old?.field !== now?.field)
    throw invalid('Cannot change partitioning of a table.');
  const isSame = before.schema.every(({ name, type }, index) => {
    const kept = after.schema[index];
    return kept?.name === name && kept?.type === type;
  });
  const added = after.schema.slice(before.schema.length);
  if (!isSame || added.some(({ mode }) => mode === 'REQUIRED'))
    throw invalid('Provided Schema does not match: only NULLABLE columns can be added, at the end.');
}

/** A wider table gets new storage, so that its past keeps its own columns. */
async function putChanged(standIn: StandIn, before: TableResource, after: TableResource): Promise<void> {
  if (after.schema.length === before.schema.length) {
    const changed = { ...after, lastModifiedTime: timeOfChange(before), etag: before.etag + 1 };
    return standIn.resources.put('table', tableId(before.dataset, before.id), changed);
  }
  const columns = before.schema.map(({ name }) => quoteName(name)).join(', ');
  await replaceRows(standIn, after, async (storage) => {
    if (columns === '') return;
    await standIn.database.run(
      `INSERT INTO ${storage} (${columns}) SELECT ${columns} FROM ${storageName(before, before)}`,
    );
  });
}

export function addRowAccessPolicy(
  standIn: StandIn,
  name: { dataset: string; id: string },
  policy: object,
): Promise<void> {
  return alone(standIn, () => {
    const table = getTable(standIn, name.dataset, name.id);
    const changed = { ...table, rowAccessPolicies: [...table.rowAccessPolicies, policy] };
    return standIn.resources.put('table', tableId(name.dataset, name.id), changed);
  });
}

export function deleteTable(standIn: StandIn, dataset: string, id: string): Promise<void> {
  return alone(standIn, () => deleteRows(standIn, getTable(standIn, dataset, id)));
}

/** Tables past their expiration are gone, as in the real one. */
export async function deleteExpired(standIn: StandIn): Promise<void> {
  const expired = () =>
    standIn.resources
      .list('table')
      .filter(({ expirationTime }) => expirationTime && Number(expirationTime) <= Date.now());
  if (expired().length === 0) return;
  await alone(standIn, async () => {
    for (const table of expired()) await deleteRows(standIn, table);
  });
}

/** Rows now, counted. */
export function countRows(standIn: StandIn, table: TableResource): Promise<number> {
  return standIn.database.exclusively(() => countStored(standIn, table));
}
