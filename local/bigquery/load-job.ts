import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { ApiError, invalid, notFound, onlyFields, unknown } from './api-error.ts';
import { createStorage, getDataset, newTable, type StandIn, storageName } from './catalog.ts';
import { quoteName, quoteText } from './database.ts';
import { type Field, type TableResource, tableId } from './resources.ts';
import { typeName, typeRule } from './types.ts';

/** `configuration.load`: every option we use; what is not here is refused. */
export interface LoadConfiguration {
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
];
/** The one dialect of the stage (design section 6). */
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
const GZIP_MAGIC = 0x1f8b;
const MAX_LINE_BYTES = 128 * 1024 ** 2;

/** What can be said before the job runs; a real insert refuses these at once. */
export function checkLoad(load: LoadConfiguration): void {
  onlyFields(load, FIELDS, 'configuration.load');
  for (const [key, value] of Object.entries(DIALECT)) {
    if (load[key as keyof LoadConfiguration] !== value)
      throw unknown(`${key}=${JSON.stringify(load[key as keyof LoadConfiguration])}`);
  }
  if (!['WRITE_TRUNCATE', 'WRITE_TRUNCATE_DATA'].includes(load.writeDisposition))
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

/** Runs a load whole or not at all: one DuckDB transaction over rows and metadata. */
export async function runLoad(
  standIn: StandIn,
  load: LoadConfiguration,
  commit: (statistics: LoadStatistics) => Promise<void>,
): Promise<void> {
  const { datasetId, tableId: id } = load.destinationTable;
  getDataset(standIn, datasetId);
  const folder = await mkdtemp(join(standIn.dataDir, 'load-'));
  try {
    const files = await downloadAll(standIn.gcs, load.sourceUris, folder);
    await standIn.database.exclusively(() =>
      standIn.database.inTransaction(async () => {
        const existing = standIn.resources.get('table', tableId(datasetId, id));
        const table = await prepareTable(standIn, load, existing);
        const rows = await insertRows(standIn, load, { table, files: files.map(({ path }) => path) });
        await standIn.resources.put('table', tableId(datasetId, id), {
          ...table,
          lastModifiedTime: Date.now(),
          etag: (existing?.etag ?? 0) + 1,
        });
        const bytes = String(files.reduce((sum, file) => sum + file.bytes, 0));
        await commit({
          outputRows: String(rows),
          outputBytes: bytes,
          inputFiles: String(files.length),
          inputFileBytes: bytes,
          badRecords: '0',
        });
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** WRITE_TRUNCATE_DATA keeps everything and refuses another schema; WRITE_TRUNCATE keeps labels and partitioning, and drops the rest. */
async function prepareTable(
  standIn: StandIn,
  load: LoadConfiguration,
  existing: TableResource | undefined,
): Promise<TableResource> {
  const { datasetId, tableId: id } = load.destinationTable;
  const { fields } = load.schema;
  const name = storageName(datasetId, id);
  if (existing && load.writeDisposition === 'WRITE_TRUNCATE_DATA') {
    if (!isSameSchema(existing.schema, fields))
      throw invalid(`Provided Schema does not match Table ${standIn.project}:${datasetId}.${id}.`);
    await standIn.database.run(`DELETE FROM ${name}`);
    return existing;
  }
  if (existing) await standIn.database.run(`DROP TABLE ${name}`);
  await createStorage(standIn, name, fields);
  if (!existing) return newTable(datasetId, id, fields);
  const { tableConstraints, ...kept } = existing;
  return { ...kept, schema: fields, rowAccessPolicies: [] };
}

function isSameSchema(one: readonly Field[], other: readonly Field[]): boolean {
  const shape = (fields: readonly Field[]) =>
    fields.map(({ name, type, mode }) => [name, typeName(type), mode ?? 'NULLABLE'].join('\0')).join('\n');
  return shape(one) === shape(other);
}

async function insertRows(
  standIn: StandIn,
  load: LoadConfiguration,
  { table, files }: { table: TableResource; files: string[] },
): Promise<number> {
  const name = storageName(table.dataset, table.id);
  // Column names of its own: a table may have columns that DuckDB's reader would take for options.
  const cells = load.schema.fields.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const values = load.schema.fields.map(
    (field, index) => `${typeRule(field.type).fromText(`c${index}`)} AS ${quoteName(field.name)}`,
  );
  const nullToken = load.nullMarker ?? '';
  const options = [
    'header = false',
    'auto_detect = false',
    "delim = ','",
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ${quoteText(nullToken)}`,
    'allow_quoted_nulls = false',
    'strict_mode = true',
    'null_padding = false',
    "new_line = '\\n'",
    `max_line_size = ${MAX_LINE_BYTES}`,
    `buffer_size = ${2 * MAX_LINE_BYTES}`,
    'parallel = false',
    `columns = {${cells}}`,
  ];
  const source = `read_csv([${files.map(quoteText).join(', ')}], ${options.join(', ')})`;
  if (files.length > 0)
    await standIn.database.run(`INSERT INTO ${name} SELECT ${values.join(', ')} FROM ${source}`);
  const [row] = await standIn.database.all(`SELECT COUNT(*) AS n FROM ${name}`);
  return Number(row?.['n'] ?? 0);
}

/** Downloads the objects, named so that DuckDB knows which are compressed. Gzip and plain may not be mixed. */
async function downloadAll(
  gcs: string,
  uris: readonly string[],
  folder: string,
): Promise<{ path: string; bytes: number }[]> {
  const files: { path: string; bytes: number; isGzip: boolean }[] = [];
  for (const [index, uri] of uris.entries()) {
    const plain = join(folder, `${index}.csv`);
    const bytes = await download(gcs, uri, plain);
    const isGzip = await startsAsGzip(plain);
    files.push({ path: plain, bytes, isGzip });
  }
  const isGzip = files[0]?.isGzip ?? false;
  const filled = files.filter(({ bytes }) => bytes > 0);
  if (filled.some((file) => file.isGzip !== isGzip))
    throw invalid('Compressed and uncompressed files cannot be mixed in one load job.');
  if (isGzip) await Promise.all(filled.map((file) => gunzip(file)));
  return filled;
}

async function download(gcs: string, uri: string, path: string): Promise<number> {
  const match = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri);
  if (!match?.[1] || !match[2]) throw invalid(`Invalid source URI ${uri}`);
  const response = await fetch(`${gcs}/storage/v1/b/${match[1]}/o/${encodeURIComponent(match[2])}?alt=media`);
  if (response.status === 404) throw notFound(`URI ${uri}`);
  if (!response.ok || !response.body)
    throw new ApiError(503, 'backendError', `${uri}: HTTP ${response.status}`);
  const file = createWriteStream(path);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), file);
  return file.bytesWritten;
}

async function gunzip(file: { path: string }): Promise<void> {
  const plain = `${file.path}.plain`;
  await pipeline(createReadStream(file.path), createGunzip(), createWriteStream(plain));
  file.path = plain;
}

async function startsAsGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === GZIP_MAGIC;
  } finally {
    await handle.close();
  }
}
