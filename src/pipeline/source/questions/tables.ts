import type { TableRef } from '../../names/index.ts';
import { type Question, toNumber } from '../question.ts';
import { type CaptureScope, tableOfRow, within } from '../scope.ts';

/**
 * A table as the server lists it. Times are text as MySQL prints them, epochs seconds since 1970;
 * null where the server has none.
 */
export interface ListedTable extends TableRef {
  storageEngine: string;
  rowsEstimate: number | null;
  /** Bytes of data and indexes. */
  bytesEstimate: number | null;
  avgRowLength: number | null;
  createTime: string | null;
  updateTime: string | null;
  createEpoch: number | null;
  updateEpoch: number | null;
  /** The server's clock in the same statement. */
  serverEpoch: number;
  /** Of a table that the server could not open, its error. */
  comment: string;
  /** MariaDB's system-versioned tables. */
  isVersioned: boolean;
}

export const tables: Question<ListedTable[], CaptureScope> = {
  name: 'tables',
  // The comment comes last: a server that cannot open a table gives its error there, and MySQL
  // would give it to the next table (measured: 8.0.31).
  sql: (scope) => `SELECT t.TABLE_SCHEMA AS table_schema, t.TABLE_NAME AS table_name, t.ENGINE AS engine,
 t.TABLE_ROWS AS table_rows, t.DATA_LENGTH + t.INDEX_LENGTH AS bytes, t.AVG_ROW_LENGTH AS avg_row_length,
 CAST(t.CREATE_TIME AS CHAR) AS create_time, CAST(t.UPDATE_TIME AS CHAR) AS update_time,
 CAST(UNIX_TIMESTAMP(t.CREATE_TIME) AS CHAR) AS create_epoch, CAST(UNIX_TIMESTAMP(t.UPDATE_TIME) AS CHAR) AS update_epoch,
 CAST(UNIX_TIMESTAMP() AS CHAR) AS server_epoch, t.TABLE_COMMENT AS table_comment, t.TABLE_TYPE AS table_type
 FROM information_schema.TABLES t WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ${within(scope, 't.TABLE_SCHEMA', 't.TABLE_NAME')} ORDER BY 1, 2`,
  read: (rows) =>
    rows.map((row) => ({
      ...tableOfRow(row),
      storageEngine: row['engine'] ?? '',
      rowsEstimate: toNumber(row['table_rows']),
      bytesEstimate: toNumber(row['bytes']),
      avgRowLength: toNumber(row['avg_row_length']),
      createTime: row['create_time'] ?? null,
      updateTime: row['update_time'] ?? null,
      createEpoch: toNumber(row['create_epoch']),
      updateEpoch: toNumber(row['update_epoch']),
      serverEpoch: Number(row['server_epoch']),
      comment: row['table_comment'] ?? '',
      isVersioned: row['table_type'] === 'SYSTEM VERSIONED',
    })),
};
