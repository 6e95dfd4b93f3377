import { invalid, unknown } from './api-error.ts';
import { quoteName } from './database.ts';
import { type Field, type NewTable, type Snapshot, type TableResource, tableId } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { typeRule } from './types.ts';

/** Old rows kept for time travel, a table; the real one keeps those of seven days. */
const SNAPSHOTS_KEPT = 5;

/** DuckDB's name of rows: of a table as it is, or of one of its snapshots. */
export function storageName({ dataset }: { dataset: string }, { storage }: { storage: string }): string {
  return `${quoteName(dataset)}.${quoteName(storage)}`;
}

/**
 * Creates a table or gives it new rows: `fill` writes them into the storage it is handed. The rows
 * before stay readable by their time. Call it inside a transaction.
 */
export async function replaceRows(
  standIn: StandIn,
  table: NewTable,
  fill: (storage: string) => Promise<void> = async () => undefined,
): Promise<TableResource> {
  const id = tableId(table.dataset, table.id);
  const existing = standIn.resources.get('table', id);
  const deleted = standIn.resources.get('deleted', id);
  const etag = (existing?.etag ?? deleted?.etag ?? 0) + 1;
  // "@" is in no name that a person can give.
  const storage = `${table.id}@${etag}`;
  await createStorage(standIn, storageName(table, { storage }), table.schema);
  await fill(storageName(table, { storage }));
  const now = timeOfChange(existing);
  const replaced: TableResource = {
    ...table,
    etag,
    storage,
    snapshots: existing ? await keepSnapshot(standIn, existing, now) : [],
    rowsSince: now,
    creationTime: existing?.creationTime ?? now,
    lastModifiedTime: now,
  };
  await standIn.resources.put('table', id, replaced);
  if (deleted) await forget(standIn, deleted);
  await showRows(standIn, replaced);
  return replaced;
}

/** A change is later than the one before, also within one millisecond. */
export function timeOfChange(existing: TableResource | undefined): number {
  return Math.max(Date.now(), (existing?.lastModifiedTime ?? 0) + 1);
}

/** A view under the table's own name, for SQL whose names nobody translates. */
async function showRows(standIn: StandIn, table: TableResource): Promise<void> {
  const view = storageName(table, { storage: table.id });
  await standIn.database.run(`CREATE OR REPLACE VIEW ${view} AS SELECT * FROM ${storageName(table, table)}`);
}

async function createStorage(standIn: StandIn, name: string, schema: readonly Field[]): Promise<void> {
  const columns = schema.map((field) => {
    if (field.mode === 'REPEATED') throw invalid('The stand-in has no REPEATED columns.');
    return `${quoteName(field.name)} ${typeRule(field.type).storage}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`;
  });
  await standIn.database.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
}

async function keepSnapshot(standIn: StandIn, table: TableResource, to: number): Promise<Snapshot[]> {
  const { storage, schema, rowsSince: from } = table;
  const all = [...table.snapshots, { storage, schema, from, to }];
  for (const old of all.slice(0, -SNAPSHOTS_KEPT))
    await standIn.database.run(`DROP TABLE ${storageName(table, old)}`);
  return all.slice(-SNAPSHOTS_KEPT);
}

/**
 * Deletes a table; its rows stay readable by their time until there is another table of its name.
 * Call it inside a transaction.
 */
export async function deleteRows(standIn: StandIn, table: TableResource): Promise<void> {
  await standIn.database.run(`DROP VIEW ${storageName(table, { storage: table.id })}`);
  const now = timeOfChange(table);
  const deleted = { ...table, snapshots: await keepSnapshot(standIn, table, now), rowsSince: now };
  await standIn.resources.put('deleted', tableId(table.dataset, table.id), deleted);
  await standIn.resources.remove('table', tableId(table.dataset, table.id));
}

/**
 * As in the real one: once a name is taken again, time travel no longer reaches the table that had
 * it.
 */
async function forget(standIn: StandIn, deleted: TableResource): Promise<void> {
  for (const rows of deleted.snapshots)
    await standIn.database.run(`DROP TABLE ${storageName(deleted, rows)}`);
  await standIn.resources.remove('deleted', tableId(deleted.dataset, deleted.id));
}

/**
 * The rows of a table at a time in epoch milliseconds, or as they are. Before the table was made,
 * and after now, the real one says `invalid` (messages as in googleapis/google-cloud-python#5706
 * and mozilla/bigquery-etl#1001); what a statement wrote over, and what is no longer kept, is
 * unknown here.
 */
export function rowsAt(
  standIn: StandIn,
  table: TableResource,
  at: number | null,
): Pick<Snapshot, 'storage' | 'schema'> {
  if (at === null) return table;
  const name = `Table ${standIn.project}:${table.dataset}.${table.id}@${at}`;
  const now = Date.now();
  if (at > now) throw invalid(`Invalid snapshot time ${at} for ${name}. Cannot read after ${now}.`);
  if (at >= table.rowsSince) return table;
  const found = table.snapshots.find(({ from, to }) => from <= at && at < to);
  if (found) return found;
  if (at < table.creationTime)
    throw invalid(`Invalid snapshot time ${at} for ${name}. Cannot read before ${table.creationTime}.`);
  throw unknown(
    `${name}: a statement wrote over those rows, or more than ${SNAPSHOTS_KEPT} changes came after`,
  );
}

/** Rows now, counted; call it inside `exclusively`. */
export async function countStored(standIn: StandIn, table: TableResource): Promise<number> {
  const [row] = await standIn.database.all(`SELECT COUNT(*) AS n FROM ${storageName(table, table)}`);
  return Number(row?.['n'] ?? 0);
}

/**
 * Tables of a data folder from before there were snapshots: their rows get a storage of their own.
 */
export async function adoptOldTables(standIn: StandIn): Promise<void> {
  for (const table of standIn.resources.list('table').filter(({ storage }) => storage === undefined)) {
    const storage = `${table.id}@${table.etag}`;
    const adopted = { ...table, storage, snapshots: [], rowsSince: table.lastModifiedTime };
    await standIn.database.exclusively(() =>
      standIn.database.inTransaction(async () => {
        const before = storageName(table, { storage: table.id });
        await standIn.database.run(`ALTER TABLE ${before} RENAME TO ${quoteName(storage)}`);
        await standIn.resources.put('table', tableId(table.dataset, table.id), adopted);
        await showRows(standIn, adopted);
      }),
    );
  }
}
