import type { Question } from '../question.ts';
import { sqlText } from '../scope.ts';

/**
 * A SELECT that fails with errno 1242 (subquery returns more than one row) unless the server's
 * identity is the given one: one statement, so Spark can run it on every connection before it
 * reads. The identity is `kind:value` as `readServer` makes it. True where a capture has its
 * answer.
 */
export const guard: Question<boolean, string> = {
  name: 'guard',
  isOptional: true,
  sql: (identity) => {
    const kind = kindOf(identity);
    return guardOf(kind, sqlText(identity.slice(kind.length + 1)));
  },
  read: (rows) => rows.length > 0,
};

/**
 * The same for whoever asks the server who it is before reading: `identity` gives one value, whose
 * literal goes into the guard's `{identity}`. Of the identity it knew, only the kind is used. Spark
 * reads both.
 */
export function ownIdentityQueries(lastIdentity: string): { identity: string; guard: string } {
  const kind = kindOf(lastIdentity);
  return {
    identity: `SELECT CAST(${identityExpression(kind)} AS CHAR) AS own`,
    guard: guardOf(kind, '{identity}'),
  };
}

/**
 * The server's identity in the words of `identity`, and its version: one row of text, which Spark's
 * probe reads.
 */
export function identityQuery(identity: string): string {
  return `SELECT CAST(${identityExpression(kindOf(identity))} AS CHAR) AS c0, CAST(VERSION() AS CHAR) AS c1`;
}

function guardOf(kind: string, literal: string): string {
  return `SELECT IF(${identityExpression(kind)} = ${literal}, 1, (SELECT 1 UNION SELECT 2))`;
}

function kindOf(identity: string): string {
  return identity.slice(0, identity.indexOf(':'));
}

function identityExpression(kind: string): string {
  const expressions: Record<string, string> = {
    aurora: '@@aurora_server_id',
    uuid: '@@server_uuid',
    uid: '@@server_uid',
  };
  return expressions[kind] ?? "CONCAT_WS('/', @@hostname, @@port, @@server_id)";
}
