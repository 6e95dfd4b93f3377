import { quoteIdentifier, type TableRef } from '../names/index.ts';
import type { MappedColumn } from '../objects/index.ts';
import { sqlText } from './capture-queries.ts';
import { FINGERPRINT_ALIAS, rowFingerprint } from './fingerprint.ts';

function fromClause({ schema, table }: TableRef): string {
  return `FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** The casting SELECT of a table: aliases `c0`, `c1`, … and, where it is asked for, `fp`; no WHERE, ending in the FROM clause. */
export function selectQuery(
  table: TableRef,
  columns: readonly MappedColumn[],
  options: { fingerprintOf: readonly MappedColumn[] | null },
): string {
  const list = columns.map(({ expression }, index) => `${expression} AS c${index}`);
  if (options.fingerprintOf && columns.length > 0)
    list.push(`${rowFingerprint(options.fingerprintOf)} AS ${FINGERPRINT_ALIAS}`);
  return `SELECT ${list.join(', ')} ${fromClause(table)}`;
}

/** One row, one column. */
export function countQuery(table: TableRef): string {
  return `SELECT COUNT(*) ${fromClause(table)}`;
}

/** Least and greatest value of a key column, as text. */
export function boundsQuery(table: TableRef, column: string): string {
  const key = quoteIdentifier(column);
  return `SELECT CAST(MIN(${key}) AS CHAR) AS low, CAST(MAX(${key}) AS CHAR) AS high ${fromClause(table)}`;
}

/**
 * A SELECT that fails with errno 1242 (subquery returns more than one row) unless the server's identity is the given one:
 * one statement, so Spark can run it on every connection before it reads. `identity` is `kind:value` as `readServer` makes it.
 */
export function guardQuery(identity: string): string {
  const kind = kindOf(identity);
  return guardOf(kind, sqlText(identity.slice(kind.length + 1)));
}

/**
 * The same for whoever asks the server who it is before reading: `identity` gives one value, whose literal goes into the
 * guard's `{identity}`. Of the identity it knew, only the kind is used.
 */
export function ownIdentityQueries(lastIdentity: string): { identity: string; guard: string } {
  const kind = kindOf(lastIdentity);
  return {
    identity: `SELECT CAST(${identityExpression(kind)} AS CHAR) AS own`,
    guard: guardOf(kind, '{identity}'),
  };
}

function guardOf(kind: string, literal: string): string {
  return `SELECT IF(${identityExpression(kind)} = ${literal}, 1, (SELECT 1 UNION SELECT 2))`;
}

function kindOf(identity: string): string {
  return identity.slice(0, identity.indexOf(':'));
}

/** The server's identity in the words of `identity`, and its version: one row of text. */
export function identityQuery(identity: string): string {
  return `SELECT CAST(${identityExpression(kindOf(identity))} AS CHAR) AS c0, CAST(VERSION() AS CHAR) AS c1`;
}

function identityExpression(kind: string): string {
  const expressions: Record<string, string> = {
    aurora: '@@aurora_server_id',
    uuid: '@@server_uuid',
    uid: '@@server_uid',
  };
  return expressions[kind] ?? "CONCAT_WS('/', @@hostname, @@port, @@server_id)";
}

/** Bounds of a key as MySQL printed them. */
export interface KeyBounds {
  column: string;
  low: string | null;
  high: string | null;
}

/**
 * WHERE conditions that split an integer key's range into `count` parts of equal width; the first is open below and the
 * last above, so that no row falls between. Empty where there is nothing to split.
 */
export function keyPredicates({ column, low, high }: KeyBounds, count: number): string[] {
  if (low === null || high === null || count < 2) return [];
  const first = BigInt(low);
  const width = BigInt(high) - first + 1n;
  const parts = width < BigInt(count) ? Number(width) : count;
  if (parts < 2) return [];
  const key = quoteIdentifier(column);
  const cuts = Array.from(
    { length: parts - 1 },
    (_, index) => first + (width * BigInt(index + 1)) / BigInt(parts),
  );
  return [
    `${key} < ${cuts[0]}`,
    ...cuts.slice(1).map((cut, index) => `${key} >= ${cuts[index]} AND ${key} < ${cut}`),
    `${key} >= ${cuts.at(-1)}`,
  ];
}
