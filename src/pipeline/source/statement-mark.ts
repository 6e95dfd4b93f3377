import type { Spec } from '../objects/index.ts';

/**
 * What MySQL still does for an attempt, found by the mark that `spark/adutora_jdbc.py` puts into its statements: the name of its Dataproc
 * job. In two parts, so that the question does not find itself.
 */
export function leftBehindQuery({ sourceId, attemptId }: Pick<Spec, 'sourceId' | 'attemptId'>): string {
  return `SELECT CAST(ID AS CHAR) AS id FROM information_schema.PROCESSLIST
 WHERE ID <> CONNECTION_ID() AND INFO LIKE CONCAT('%/* adu', 'tora ${sourceId}-${attemptId} %')`;
}
