import type { Spec } from '../../objects/index.ts';
import type { Question } from '../question.ts';

/**
 * Connections on which MySQL still works for an attempt, found by the mark that
 * `spark/adutora_jdbc.py` puts into its statements: the name of its Dataproc job. In two parts, so
 * that the question does not find itself.
 */
export const leftBehind: Question<number[], Pick<Spec, 'sourceId' | 'attemptId'>> = {
  name: 'left_behind',
  sql: ({ sourceId, attemptId }) => `SELECT CAST(ID AS CHAR) AS id FROM information_schema.PROCESSLIST
 WHERE ID <> CONNECTION_ID() AND INFO LIKE CONCAT('%/* adu', 'tora ${sourceId}-${attemptId} %')`,
  read: (rows) => rows.map((row) => Number(row['id'])),
};
