import { HISTORY_COLUMNS } from '../../pipeline/history-row.ts';

const COLUMNS = Object.entries(HISTORY_COLUMNS);
const KEY = ['source_id', 'run_id', 'schema_name', 'table_name'];

/** Every column; JSON as text. */
const SELECTED = COLUMNS.map(([name, type]) =>
  type === 'JSON' ? `TO_JSON_STRING(${name}) AS ${name}` : name,
).join(', ');

/** A column of the JSON rows, typed. */
function fromJson([name, type]: (typeof COLUMNS)[number]): string {
  const value = `JSON_VALUE(r, '$.${name}')`;
  if (type === 'STRING') return `${value} AS ${name}`;
  if (type === 'JSON')
    return `PARSE_JSON(NULLIF(JSON_QUERY(r, '$.${name}'), 'null'), wide_number_mode => 'round') AS ${name}`;
  return `CAST(${value} AS ${type}) AS ${name}`;
}

/**
 * One MERGE of many rows, which come as one JSON text (`@rows`): no list of typed NULLs. `@first` and `@last` bound the
 * partitions it looks at. A row that says `loaded` stays.
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
export function lastPublishedSql(tableName: string): string {
  return `SELECT schema_name, table_name, run_id, published_at, destination_modified, rows_loaded, TO_JSON_STRING(signature) AS signature
FROM \`${tableName}\` WHERE source_id = @source AND status = 'loaded' AND published_at IS NOT NULL AND decided_at >= CAST(@since AS TIMESTAMP)
QUALIFY ROW_NUMBER() OVER (PARTITION BY schema_name, table_name ORDER BY published_at DESC) = 1`;
}

/** The newest row a table that tells of a load. */
export function newestLoadsSql(tableName: string): string {
  return `SELECT ${SELECTED} FROM \`${tableName}\`
WHERE source_id = @source AND status != 'skipped' AND decided_at >= CAST(@since AS TIMESTAMP)
QUALIFY ROW_NUMBER() OVER (PARTITION BY schema_name, table_name ORDER BY decided_at DESC) = 1`;
}

/** Newest rows first; an empty parameter filters nothing. */
export function recentSql(tableName: string): string {
  return `SELECT ${SELECTED} FROM \`${tableName}\`
WHERE source_id = @source AND (@run = '' OR run_id = @run) AND (@table = '' OR (schema_name = @schema AND table_name = @table))
ORDER BY decided_at DESC, run_id DESC, schema_name, table_name LIMIT @limit`;
}
