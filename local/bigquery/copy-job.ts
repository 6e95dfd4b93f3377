import { invalid, notFound, onlyFields, unknown } from './api-error.ts';
import { getDataset } from './datasets.ts';
import { checkDisposition, isSameSchema, keptRows } from './dispositions.ts';
import { type Field, type NewTable, type TableResource, tableId } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { replaceRows, rowsAt, storageName } from './storage.ts';
import type { TableOptions } from './table-options.ts';
import { findTable, getTable, newTable } from './tables.ts';

interface TableReference {
  projectId: string;
  datasetId: string;
  /** A source may say when: `table@EPOCH_MS`. */
  tableId: string;
}

/** `configuration.copy` of one table; what is not here is refused. */
export interface CopyConfiguration {
  sourceTable: TableReference;
  destinationTable: TableReference;
  /** WRITE_EMPTY unless given. */
  writeDisposition?: string;
  /** CREATE_IF_NEEDED unless given. */
  createDisposition?: string;
}

const FIELDS = ['sourceTable', 'destinationTable', 'writeDisposition', 'createDisposition'];
const WRITE = ['WRITE_TRUNCATE', 'WRITE_EMPTY', 'WRITE_APPEND'];
const CREATE = ['CREATE_IF_NEEDED', 'CREATE_NEVER'];
const SOURCE = /^(\w+)(?:@(\d+))?$/;

/** What can be said before the job runs. */
export function checkCopy(copy: CopyConfiguration): void {
  onlyFields(copy, FIELDS, 'configuration.copy');
  const { writeDisposition = 'WRITE_EMPTY', createDisposition = 'CREATE_IF_NEEDED' } = copy;
  if (!WRITE.includes(writeDisposition)) throw unknown(`writeDisposition ${writeDisposition} of a copy`);
  if (!CREATE.includes(createDisposition)) throw unknown(`createDisposition ${createDisposition}`);
  if (!copy.sourceTable || !copy.destinationTable) throw invalid('A copy needs a source and a destination.');
  if (!SOURCE.test(copy.sourceTable.tableId))
    throw unknown(`the table decorator of ${copy.sourceTable.tableId}`);
}

/** Copies a table, as it is or was, whole or not at all. */
export function runCopy(
  standIn: StandIn,
  copy: CopyConfiguration,
  commit: (statistics: { copy: { copiedRows: string } }) => Promise<void>,
): Promise<void> {
  return standIn.database.exclusively(() =>
    standIn.database.inTransaction(async () => {
      const copied = await copyRows(standIn, copy);
      await commit({ copy: { copiedRows: String(copied) } });
    }),
  );
}

async function copyRows(standIn: StandIn, copy: CopyConfiguration): Promise<number> {
  const { sourceTable: from, destinationTable: to, writeDisposition = 'WRITE_EMPTY' } = copy;
  for (const { projectId } of [from, to])
    if (projectId !== standIn.project) throw notFound(`Project ${projectId}`);
  const [, id = '', at] = SOURCE.exec(from.tableId) ?? [];
  getDataset(standIn, to.datasetId);
  const atMs = at === undefined ? null : Number(at);
  const source =
    findDeleted(standIn, { dataset: from.datasetId, id, atMs }) ?? getTable(standIn, from.datasetId, id);
  const rows = rowsAt(standIn, source, atMs);
  const existing = findTable(standIn, to.datasetId, to.tableId);
  if (!existing && copy.createDisposition === 'CREATE_NEVER') getTable(standIn, to.datasetId, to.tableId);
  if (existing) await checkDisposition(standIn, existing, writeDisposition);
  const isAppend = existing !== undefined && writeDisposition === 'WRITE_APPEND';
  if (isAppend && !isSameSchema(existing.schema, rows.schema))
    throw invalid(
      `Provided Schema does not match Table ${standIn.project}:${existing.dataset}.${existing.id}.`,
    );
  const table = isAppend ? existing : copiedTable(standIn, { source, to, existing, schema: rows.schema });
  let copied = 0;
  await replaceRows(standIn, table, async (storage) => {
    if (isAppend) await standIn.database.run(`INSERT INTO ${storage} ${keptRows(existing)}`);
    const [row] = await standIn.database.all(
      `INSERT INTO ${storage} SELECT * FROM ${storageName(source, rows)}`,
    );
    copied = Number(row?.['Count'] ?? 0);
  });
  return copied;
}

/** A table that is no longer there, where it is asked for as it was. */
function findDeleted(
  { resources }: StandIn,
  { dataset, id, atMs }: { dataset: string; id: string; atMs: number | null },
): TableResource | undefined {
  const deleted = resources.get('deleted', tableId(dataset, id));
  return deleted && atMs !== null && atMs < deleted.rowsSince ? deleted : undefined;
}

/**
 * Over itself a table stays what it is but for its columns; another takes columns, partitioning and
 * clustering of the source.
 */
function copiedTable(
  standIn: StandIn,
  given: { source: TableResource; to: TableReference; existing: TableResource | undefined; schema: Field[] },
): NewTable {
  const { source, to, existing, schema } = given;
  if (source.rowAccessPolicies.length > 0) throw unknown('copies of a table with row access policies');
  if (existing === source) return { ...source, schema };
  if (source.tableConstraints || existing?.tableConstraints || existing?.rowAccessPolicies.length)
    throw unknown('copies from or over a table with constraints or row access policies');
  const options = optionsOf(source);
  if (!existing) return newTable(standIn, { dataset: to.datasetId, id: to.tableId }, { schema, ...options });
  const { timePartitioning, clustering, ...kept } = existing;
  return { ...kept, schema, ...options };
}

function optionsOf({ timePartitioning, clustering }: TableResource): TableOptions {
  return { ...(timePartitioning && { timePartitioning }), ...(clustering && { clustering }) };
}
