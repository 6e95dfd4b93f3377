import type { Question } from '../question.ts';
import { type CaptureScope, within } from '../scope.ts';
import { byTable, type RowsByTable } from './columns.ts';

/** Partitions of the source's tables, as the rows came: a signature is made of their text. */
export const partitions: Question<RowsByTable, CaptureScope> = {
  name: 'partitions',
  sql: (scope) => `SELECT p.TABLE_SCHEMA AS table_schema, p.TABLE_NAME AS table_name,
 p.PARTITION_NAME AS partition_name, p.SUBPARTITION_NAME AS subpartition_name, p.PARTITION_METHOD AS method,
 p.PARTITION_EXPRESSION AS expression, p.PARTITION_DESCRIPTION AS description
 FROM information_schema.PARTITIONS p WHERE p.PARTITION_NAME IS NOT NULL AND ${within(scope, 'p.TABLE_SCHEMA', 'p.TABLE_NAME')}
 ORDER BY 1, 2, p.PARTITION_ORDINAL_POSITION, p.SUBPARTITION_ORDINAL_POSITION`,
  read: byTable,
};
