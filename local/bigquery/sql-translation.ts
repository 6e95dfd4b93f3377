import { invalid, notFound, unknown } from './api-error.ts';
import { quoteName, quoteText } from './database.ts';
import { type TableResource, tableId } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { storageName } from './storage.ts';
import { typeName, typeRule } from './types.ts';

/**
 * What a statement is translated for: to be run, or to learn the types of its result, where types
 * that share one storage are marked.
 */
export type Purpose = 'run' | 'types';

/** A query parameter as the client sends it. */
export interface QueryParameter {
  name?: string;
  parameterType: { type: string };
  parameterValue: { value?: string | null };
}

const STATEMENTS = ['SELECT', 'WITH', 'MERGE', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const;
export type StatementKind = (typeof STATEMENTS)[number];

/** SQL cut into what may be translated (code) and what may not (literals and quoted names). */
const TOKEN = /('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`)/;

/**
 * GoogleSQL → DuckDB's dialect, for the statements that Adutora sends; beyond them a person writes
 * DuckDB's dialect with back-quoted table names. Unknown statements fail loudly.
 */
export function translate(
  sql: string,
  parameters: readonly QueryParameter[],
  context: { standIn: StandIn; purpose: Purpose },
): { sql: string; kind: StatementKind; target: string | null; tables: TableResource[] } {
  const kind = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() as StatementKind;
  if (!STATEMENTS.includes(kind)) throw unknown(`the statement ${kind ?? '(none)'}`);
  const values = new Map(
    parameters.map((parameter) => [parameter.name ?? '', parameterSql(parameter, context.purpose)]),
  );
  const isReading = kind === 'SELECT' || kind === 'WITH';
  let target: string | null = null;
  const tables: TableResource[] = [];
  const pieces = translateCalls(sql)
    .split(TOKEN)
    .map((piece, index) => {
      if (index % 2 === 0) return translateCode(piece, values, context.purpose);
      if (!piece.startsWith('`')) return piece.startsWith("'") ? translateText(piece) : piece;
      const { sql: view, table } = translateName(piece.slice(1, -1), context);
      if (table) tables.push(table);
      if (isReading || target !== null || !table) return view;
      target = tableId(table.dataset, table.id);
      // A view takes no rows; what is only read goes by its own name, which the statement may say
      // again.
      return storageName(table, table);
    });
  return { sql: pieces.join(''), kind, target, tables };
}

/**
 * Type names in a CAST become DuckDB's; parameters become typed literals, last, because their text
 * may look like anything.
 */
function translateCode(code: string, values: ReadonlyMap<string, string>, purpose: Purpose): string {
  return code
    .replaceAll(
      /\bAS (INT64|FLOAT64|BYTES|TIMESTAMP|DATETIME|NUMERIC|BIGNUMERIC|BOOL|STRING|DATE|TIME|JSON)\s*\)/gi,
      (_, type: string) => `AS ${typeFor(type, purpose)})`,
    )
    .replaceAll(/\bSAFE_CAST\s*\(/gi, 'TRY_CAST(')
    .replaceAll(/\bCURRENT_TIMESTAMP\s*\(\s*\)/gi, 'now()')
    .replaceAll(/@(\w+)/g, (_, name: string) => {
      const value = values.get(name);
      if (value === undefined) throw invalid(`Query parameter '${name}' not found`);
      return value;
    });
}

/** Calls that are rewritten whole; before parameters come in, whose text may look like anything. */
function translateCalls(sql: string): string {
  return sql
    .replaceAll(/,\s*wide_number_mode\s*=>\s*'round'/gi, '')
    .replaceAll(
      /\bUNNEST\s*(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))\s+AS\s+(\w+)/gi,
      'UNNEST$1 AS _unnested($2)',
    );
}

/** Backslash escapes, which DuckDB's plain strings do not have. */
function translateText(literal: string): string {
  const inner = literal.slice(1, -1).replaceAll("''", "'");
  const plain = inner.replaceAll(
    /\\(.)/g,
    (_, character: string) => ({ n: '\n', t: '\t', r: '\r' })[character] ?? character,
  );
  return quoteText(plain);
}

/**
 * `project.dataset.table` → the name of DuckDB's view; the dataset's own table list is made on the
 * spot.
 */
function translateName(
  name: string,
  { standIn, purpose }: { standIn: StandIn; purpose: Purpose },
): { sql: string; table: TableResource | null } {
  const parts = name.split('.');
  const [dataset, table] = parts.slice(-2);
  if (parts.length === 1 || !dataset || !table) return { sql: quoteName(name), table: null };
  if (parts.length === 3 && parts[0] !== standIn.project) throw notFound(`Project ${parts[0]}`);
  if (!standIn.resources.get('dataset', dataset)) throw notFound(`Dataset ${standIn.project}:${dataset}`);
  if (table === '__TABLES__') return { sql: tableList(standIn, dataset), table: null };
  const found = standIn.resources.get('table', tableId(dataset, table));
  if (!found) throw notFound(`Table ${standIn.project}:${dataset}.${table}`);
  const schema = purpose === 'types' && markedColumns(found).length > 0 ? markSchema(dataset) : dataset;
  return { sql: `${quoteName(schema)}.${quoteName(table)}`, table: found };
}

/**
 * DuckDB's schema that has a dataset's tables with their types marked, while types are asked for.
 */
export function markSchema(dataset: string): string {
  return `${dataset}@types`;
}

/** Columns whose type shares its storage with another's. */
export function markedColumns({ schema }: TableResource): { name: string; mark: string }[] {
  return schema.flatMap(({ name, type }) => {
    const { mark } = typeRule(type);
    return mark ? [{ name, mark }] : [];
  });
}

function typeFor(type: string, purpose: Purpose): string {
  const { storage, mark = storage } = typeRule(type);
  return purpose === 'types' ? mark : storage;
}

function tableList(standIn: StandIn, dataset: string): string {
  const tables = standIn.resources.list('table').filter((table) => table.dataset === dataset);
  const rows = tables.map(
    (table) =>
      `SELECT ${quoteText(standIn.project)} AS project_id, ${quoteText(dataset)} AS dataset_id, ${quoteText(table.id)} AS table_id, ${table.creationTime} AS creation_time, ${table.lastModifiedTime} AS last_modified_time, (SELECT COUNT(*) FROM ${storageName(table, table)}) AS row_count, 1 AS type`,
  );
  const none = `SELECT '' AS project_id, '' AS dataset_id, '' AS table_id, 0 AS creation_time, 0 AS last_modified_time, 0 AS row_count, 1 AS type WHERE false`;
  return `(${[...rows, none].join(' UNION ALL ')})`;
}

function parameterSql({ parameterType, parameterValue }: QueryParameter, purpose: Purpose): string {
  const { type } = parameterType;
  if (type === 'ARRAY' || type === 'STRUCT') throw unknown(`parameters of type ${type}`);
  const value = parameterValue.value ?? null;
  // LIMIT takes no expression.
  if (typeName(type) === 'INT64' && value !== null) return BigInt(value).toString();
  const text = value === null ? 'NULL' : quoteText(String(value));
  return `CAST(${text} AS ${typeFor(type, purpose)})`;
}
