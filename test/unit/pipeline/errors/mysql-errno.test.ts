import { describe, expect, it } from 'vitest';
import { ERROR_KINDS } from '../../../../src/pipeline/errors/error-codes.ts';
import { classifyMysqlErrno } from '../../../../src/pipeline/errors/mysql-errno.ts';

describe('classifyMysqlErrno', () => {
  it.each<[string, number | null, string | null, string, boolean]>([
    ['no database selected', 1046, '3D000', 'SOURCE_STATEMENT_REFUSED', false],
    ['a mix of collations', 1270, 'HY000', 'SOURCE_STATEMENT_REFUSED', false],
    ['a function that is not there', 1305, '42000', 'SOURCE_STATEMENT_REFUSED', false],
    ['syntax', 1064, '42000', 'SOURCE_STATEMENT_REFUSED', false],
    ['a value out of range', 1690, '22003', 'SOURCE_VALUE_REFUSED', false],
    ['a class of values that nobody listed', 3141, '22032', 'SOURCE_VALUE_REFUSED', false],
    ['an unknown column, which an ALTER may explain', 1054, '42S22', 'SOURCE_CHANGED_SHAPE', true],
    ['a table that is gone', 1146, '42S02', 'SOURCE_TABLE_GONE', false],
    ['too many connections of a user', 1203, '42000', 'SOURCE_BUSY', true],
    ['a limit of statements', 1461, '42000', 'SOURCE_BUSY', true],
    ['a refused privilege', 1142, '42000', 'SOURCE_ACCESS_DENIED', false],
    ['a lock', 1205, 'HY000', 'SOURCE_BUSY', true],
    ["a connection that Connector/J's words call lost", null, '08S01', 'SOURCE_UNREACHABLE', true],
    ['what nobody knows', 9999, 'HY000', 'SOURCE_QUERY_FAILED', true],
    ['what has no state', 9999, null, 'SOURCE_QUERY_FAILED', true],
  ])('%s (%s, %s)', (_, errno, sqlState, code, isTransient) => {
    const found = classifyMysqlErrno({ errno, sqlState });
    expect([found, ERROR_KINDS[found].isTransient]).toEqual([code, isTransient]);
  });
});
