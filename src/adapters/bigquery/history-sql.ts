import { HISTORY_COLUMNS } from '../../pipeline/objects/index.ts';

const COLUMNS = Object.entries(HISTORY_COLUMNS);
const KEY = ['source_id', 'run_id', 'schema_name', 'table_name'];
/** What the SELECTs filter and sort by: without it no row of a table is ours. */
const NEEDED = [...KEY, 'status', 'decided_at', 'published_at'];

/**
 * A history table as it is: its name, and the columns it has, which are fewer where an older
 * version made it.
 */
export interface HistoryTable {
  name: string;
  columns: ReadonlySet<string>;
}

/** Whether the table can hold rows of Adutora at all; that of the Airflow pipeline may not. */
export function canHoldRows({ columns }: HistoryTable): boolean {
  return NEEDED.every((name) => columns.has(name));
}

/** Columns as their names; JSON as text; what the table does not have is NULL. */
function selected({ columns }: HistoryTable, wanted: readonly string[]): string {
  const shown = COLUMNS.filter(([name]) => wanted.includes(name)).map(([name, type]) => {
    if (!columns.has(name)) return `CAST(NULL AS ${type === 'JSON' ? 'STRING' : type}) AS ${name}`;
    return type === 'JSON' ? `TO_JSON_STRING(${name}) AS ${name}` : name;
  });
  return shown.join(', ');
}

const ALL = COLUMNS.map(([name]) => name);
const LAST_PUBLISHED = [
  'schema_name',
  'table_name',
  'run_id',
  'published_at',
  'destination_modified',
  'rows_loaded',
  'signature',
];

/** A column of the JSON rows, typed. */
function fromJson([name, type]: (typeof COLUMNS)[number]): string {
  const value = `JSON_VALUE(r, '$.${name}')`;
  if (type === 'STRING') return `${value} AS ${name}`;
  if (type === 'JSON')
    return `PARSE_JSON(NULLIF(JSON_QUERY(r, '$.${name}'), 'null'), wide_number_mode => 'round') AS ${name}`;
  return `CAST(${value} AS ${type}) AS ${name}`;
}

/**
 * One MERGE of many rows, which come as one JSON text (`@rows`): no list of typed NULLs. `@first`
 * and `@last` bound the partitions it looks at. A row that says `loaded` stays.
 */
export function mergeSql(tableName: string): string {
  const names = COLUMNS.map(([name]) => name);
  const updates = names.filter((name) => !KEY.includes(name)).map((name) => `${name} = S.${name}`);
  return `MERGE INTO \`${tableName}\` AS T
USING (SELECT ${COLUMNS.map(fromJson).join(', ')} FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS r) AS S
ON T.decided_at BETWEEN CAST(@first AS TIMESTAMP) AND CAST(@last AS TIMESTAMP) AND ${KEY.map((name) => `T.${name} = S.${name}`).join(' AND ')}
WHEN MATCHED AND T.status != 'loaded' THEN UPDATE SET ${updates.join(', ')}
WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${names.map((name) => `S.${name}`).join(', ')})`;
}

/** The `loaded` row with the greatest `published_at` a table. */
export function lastPublishedSql(table: HistoryTable): string {
  return `SELECT ${selected(table, LAST_PUBLISHED)}
FROM \`${table.name}\` WHERE source_id = @source AND status = 'loaded' AND published_at IS NOT NULL AND decided_at >= CAST(@since AS TIMESTAMP)
QUALIFY ROW_NUMBER() OVER (PARTITION BY schema_name, table_name ORDER BY published_at DESC) = 1`;
}

/**
 * Every table with a `loaded` row, however old: three short columns, without the JSON of the rows.
 */
export function everLoadedSql(table: HistoryTable): string {
  return `SELECT schema_name, table_name, MAX(published_at) AS published_at
FROM \`${table.name}\` WHERE source_id = @source AND status = 'loaded' AND published_at IS NOT NULL
GROUP BY schema_name, table_name`;
}

/**
 * The row a table that tells of the load that ended last: one that was accepted ends later than
 * what was decided after it.
 */
export function newestLoadsSql(table: HistoryTable): string {
  const ended = table.columns.has('ended_at') ? 'COALESCE(ended_at, decided_at)' : 'decided_at';
  return `SELECT ${selected(table, ALL)} FROM \`${table.name}\`
WHERE source_id = @source AND status != 'skipped' AND decided_at >= CAST(@since AS TIMESTAMP)
QUALIFY ROW_NUMBER() OVER (PARTITION BY schema_name, table_name ORDER BY ${ended} DESC, decided_at DESC) = 1`;
}

/**
 * Newest rows first; an empty parameter filters nothing. A row that is there twice is told once.
 */
export function recentSql(table: HistoryTable): string {
  const key = KEY.join(', ');
  return `SELECT ${selected(table, ALL)} FROM \`${table.name}\`
WHERE source_id = @source AND (@run = '' OR run_id = @run) AND (@table = '' OR (schema_name = @schema AND table_name = @table))
QUALIFY ROW_NUMBER() OVER (PARTITION BY ${key} ORDER BY IF(status = 'loaded', 0, 1), decided_at DESC) = 1
ORDER BY decided_at DESC, run_id DESC, schema_name, table_name LIMIT @limit`;
}

/**
 * One row a table of the run, of the partition in which its rows are; `loaded` goes before anything
 * else.
 */
export function rowsOfRunSql(table: HistoryTable): string {
  return `SELECT schema_name, table_name, status FROM \`${table.name}\`
WHERE source_id = @source AND run_id = @run AND decided_at = CAST(@decided AS TIMESTAMP)
QUALIFY ROW_NUMBER() OVER (PARTITION BY schema_name, table_name ORDER BY IF(status = 'loaded', 0, 1)) = 1`;
}
