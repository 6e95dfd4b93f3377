import type { Question } from '../question.ts';
import { sqlText } from '../scope.ts';

/** Which of the schemas are there, and visible. */
export const schemas: Question<string[], { schemas: readonly string[] }> = {
  name: 'schemas',
  sql: ({ schemas: names }) =>
    `SELECT SCHEMA_NAME AS schema_name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${names.map(sqlText).join(', ')})`,
  read: (rows) => rows.map((row) => row['schema_name'] ?? ''),
};
