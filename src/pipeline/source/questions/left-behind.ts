import { attemptPrefix, dataprocJobId } from '../../names/index.ts';
import type { Spec } from '../../objects/index.ts';
import type { Question } from '../question.ts';

/**
 * A SELECT that says at the server whose it is: by the name of its attempt, as
 * `spark/adutora_jdbc.py` marks its own. A SHOW waits for nothing.
 */
export function marked({ sourceId, attemptId }: Pick<Spec, 'sourceId' | 'attemptId'>, sql: string): string {
  return sql.replace(/^SELECT /, `SELECT /* adutora ${dataprocJobId(sourceId, attemptId)} */ `);
}

/** In two parts, so that the question does not find itself. */
const statementsOf = (
  mark: string,
) => `SELECT CAST(ID AS CHAR) AS id, STATE AS state FROM information_schema.PROCESSLIST
 WHERE ID <> CONNECTION_ID() AND INFO LIKE CONCAT('%/* adu', 'tora ${mark}%')`;

/** Connections on which MySQL still works for an attempt, found by the mark of its statements. */
export const leftBehind: Question<number[], Pick<Spec, 'sourceId' | 'attemptId'>> = {
  name: 'left_behind',
  sql: ({ sourceId, attemptId }) => statementsOf(`${dataprocJobId(sourceId, attemptId)} `),
  read: (rows) => rows.map((row) => Number(row['id'])),
};

/** The same of every attempt of a load. */
export const leftBehindOfLoad: Question<number[], Pick<Spec, 'sourceId' | 'loadId'>> = {
  name: 'left_behind_of_load',
  sql: ({ sourceId, loadId }) => statementsOf(dataprocJobId(sourceId, attemptPrefix(loadId))),
  read: leftBehind.read,
};

/** What MySQL says it does for an attempt, such as `Waiting for table metadata lock`. */
export const statesOf: Question<string[], Pick<Spec, 'sourceId' | 'attemptId'>> = {
  name: 'states',
  sql: leftBehind.sql,
  read: (rows) => [...new Set(rows.flatMap((row) => row['state'] || []))].sort(),
};
