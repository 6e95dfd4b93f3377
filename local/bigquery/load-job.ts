import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalid, onlyFields, unknown } from './api-error.ts';
import { loadFolder, quoteName, quoteText } from './database.ts';
import { getDataset } from './datasets.ts';
import { checkDisposition, isSameSchema, keptRows } from './dispositions.ts';
import { downloadAll, refuseCrlf } from './load-files.ts';
import type { Field, NewTable, TableResource } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { replaceRows } from './storage.ts';
import { checkOptions, checkSameOptions, type TableOptions } from './table-options.ts';
import { findTable, newTable } from './tables.ts';
import { typeRule } from './types.ts';

/** `configuration.load`: every option we use; what is not here is refused. */
export interface LoadConfiguration extends TableOptions {
  sourceUris: string[];
  sourceFormat: string;
  schema: { fields: Field[] };
  destinationTable: { projectId: string; datasetId: string; tableId: string };
  writeDisposition: string;
  createDisposition?: string;
  nullMarker?: string;
  quote?: string;
  fieldDelimiter?: string;
  encoding?: string;
  allowQuotedNewlines?: boolean;
  preserveAsciiControlCharacters?: boolean;
  skipLeadingRows?: number;
  ignoreUnknownValues?: boolean;
  maxBadRecords?: number;
  autodetect?: boolean;
}

const FIELDS = [
  'sourceUris',
  'sourceFormat',
  'schema',
  'destinationTable',
  'writeDisposition',
  'createDisposition',
  'nullMarker',
  'quote',
  'fieldDelimiter',
  'encoding',
  'allowQuotedNewlines',
  'preserveAsciiControlCharacters',
  'skipLeadingRows',
  'ignoreUnknownValues',
  'maxBadRecords',
  'autodetect',
  'timePartitioning',
  'clustering',
];
/** The one dialect of the stage: what `spark/adutora_line.py` writes. */
const DIALECT: Partial<LoadConfiguration> = {
  sourceFormat: 'CSV',
  quote: '"',
  fieldDelimiter: ',',
  encoding: 'UTF-8',
  allowQuotedNewlines: true,
  preserveAsciiControlCharacters: true,
  skipLeadingRows: 0,
  ignoreUnknownValues: false,
  maxBadRecords: 0,
  autodetect: false,
  createDisposition: 'CREATE_IF_NEEDED',
};
const DISPOSITIONS = ['WRITE_TRUNCATE', 'WRITE_TRUNCATE_DATA', 'WRITE_APPEND', 'WRITE_EMPTY'];
const MAX_LINE_BYTES = 128 * 1024 ** 2;

/** What can be said before the job runs; a real insert refuses these at once. */
export function checkLoad(load: LoadConfiguration): void {
  onlyFields(load, FIELDS, 'configuration.load');
  for (const [key, value] of Object.entries(DIALECT)) {
    if (load[key as keyof LoadConfiguration] !== value)
      throw unknown(`${key}=${JSON.stringify(load[key as keyof LoadConfiguration])}`);
  }
  if (!DISPOSITIONS.includes(load.writeDisposition))
    throw unknown(`writeDisposition ${load.writeDisposition}`);
  if (!load.schema?.fields?.length) throw invalid('No schema specified on job or table.');
  if (!load.sourceUris?.length) throw invalid('Required parameter is missing: sourceUris');
  if (load.sourceUris.length > 10_000) throw invalid('Too many URIs');
  const wildcard = load.sourceUris.find((uri) => uri.includes('*'));
  if (wildcard) throw unknown(`wildcards: ${wildcard}`);
}

export interface LoadStatistics {
  outputRows: string;
  outputBytes: string;
  inputFiles: string;
  inputFileBytes: string;
  badRecords: string;
}

/**
 * Runs a load whole or not at all: one DuckDB transaction over rows, metadata and what `commit`
 * writes.
 */
export async function runLoad(
  standIn: StandIn,
  load: LoadConfiguration,
  commit: (statistics: { load: LoadStatistics }) => Promise<void>,
): Promise<void> {
  getDataset(standIn, load.destinationTable.datasetId);
  const folder = await mkdtemp(join(loadFolder(standIn.dataDir), 'load-'));
  try {
    const files = await downloadAll(standIn.gcs, load.sourceUris, folder);
    const bytes = String(files.reduce((sum, file) => sum + file.bytes, 0));
    await standIn.database.exclusively(() =>
      standIn.database.inTransaction(async () => {
        const rows = await loadRows(
          standIn,
          load,
          files.map(({ path }) => path),
        );
        const counts = { outputRows: String(rows), badRecords: '0' };
        const inputs = { inputFiles: String(files.length), inputFileBytes: bytes };
        await commit({ load: { ...counts, outputBytes: bytes, ...inputs } });
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function loadRows(standIn: StandIn, load: LoadConfiguration, files: string[]): Promise<number> {
  const { datasetId, tableId } = load.destinationTable;
  const existing = findTable(standIn, datasetId, tableId);
  if (existing) await checkDisposition(standIn, existing, load.writeDisposition);
  const table = existing ? changedTable(standIn, load, existing) : madeTable(standIn, load);
  let rows = 0;
  await replaceRows(standIn, table, async (storage) => {
    if (existing && load.writeDisposition === 'WRITE_APPEND')
      await standIn.database.run(`INSERT INTO ${storage} ${keptRows(existing)}`);
    rows = await insertRows(standIn, load, { storage, files });
  });
  return rows;
}

function madeTable(standIn: StandIn, load: LoadConfiguration): NewTable {
  const { datasetId: dataset, tableId: id } = load.destinationTable;
  const { timePartitioning, clustering } = load;
  const options = { ...(timePartitioning && { timePartitioning }), ...(clustering && { clustering }) };
  checkOptions(options, load.schema.fields);
  return newTable(standIn, { dataset, id }, { schema: load.schema.fields, ...options });
}

/**
 * WRITE_TRUNCATE keeps labels, partitioning and the like, and drops the rest; the others keep
 * everything and refuse another schema.
 */
function changedTable(standIn: StandIn, load: LoadConfiguration, existing: TableResource): NewTable {
  const { fields } = load.schema;
  checkSameOptions(load, existing);
  if (load.writeDisposition === 'WRITE_TRUNCATE') {
    checkOptions(existing, fields);
    const { tableConstraints, ...kept } = existing;
    return { ...kept, schema: fields, rowAccessPolicies: [] };
  }
  if (!isSameSchema(existing.schema, fields))
    throw invalid(
      `Provided Schema does not match Table ${standIn.project}:${existing.dataset}.${existing.id}.`,
    );
  return existing;
}

async function insertRows(
  standIn: StandIn,
  load: LoadConfiguration,
  { storage, files }: { storage: string; files: string[] },
): Promise<number> {
  if (files.length === 0) return 0;
  const values = load.schema.fields.map(
    (field, index) => `${typeRule(field.type).fromText(`c${index}`)} AS ${quoteName(field.name)}`,
  );
  await refuseCrlf(files);
  const source = csvSource(load, files);
  const [row] = await standIn.database.all(
    `INSERT INTO ${storage} SELECT ${values.join(', ')} FROM ${source}`,
  );
  return Number(row?.['Count'] ?? 0);
}

function csvSource(load: LoadConfiguration, files: string[]): string {
  // Column names of its own: a table may have columns that DuckDB's reader would take for options.
  const cells = load.schema.fields.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const options = [
    'header = false',
    'auto_detect = false',
    "delim = ','",
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ${quoteText(load.nullMarker ?? '')}`,
    'allow_quoted_nulls = false',
    'strict_mode = true',
    'null_padding = false',
    "new_line = '\\n'",
    `max_line_size = ${MAX_LINE_BYTES}`,
    `buffer_size = ${2 * MAX_LINE_BYTES}`,
    'parallel = false',
    `columns = {${cells}}`,
  ];
  return `read_csv([${files.map(quoteText).join(', ')}], ${options.join(', ')})`;
}
