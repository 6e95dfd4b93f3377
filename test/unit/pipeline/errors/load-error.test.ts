import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, isErrorCode } from '../../../../src/pipeline/errors/error-codes.ts';
import { describeFailure } from '../../../../src/pipeline/errors/failure.ts';
import { LoadError, toLoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { classifyMysqlErrno } from '../../../../src/pipeline/errors/mysql-errno.ts';

describe('errors', () => {
  it('says code, message and what to do in one line', () => {
    expect(describeFailure(new LoadError('SOURCE_MOVED', 'line one\nline two'))).toBe(
      `SOURCE_MOVED: line one · line two (${ERROR_KINDS.SOURCE_MOVED.hint})`,
    );
  });
  it('takes what nobody classified for transient', () => {
    expect(toLoadError(new TypeError('x'))).toMatchObject({ code: 'UNEXPECTED', isTransient: true });
  });
  it('knows its own codes only', () => {
    expect(isErrorCode('SOURCE_MOVED')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });
  it.each([
    [1045, null, 'SOURCE_ACCESS_DENIED'],
    [1143, '42000', 'SOURCE_COLUMNS_HIDDEN'],
    [1146, null, 'SOURCE_TABLE_GONE'],
    [1412, null, 'SOURCE_CHANGED_SHAPE'],
    [1213, null, 'SOURCE_BUSY'],
    [0, '08S01', 'SOURCE_UNREACHABLE'],
    [9999, null, 'SOURCE_QUERY_FAILED'],
  ])('classifies errno %s and state %s as %s', (errno, sqlState, code) => {
    expect(classifyMysqlErrno({ errno, sqlState })).toBe(code);
  });
});
