import { describe, expect, it } from 'vitest';
import { rowsPerObject } from '../../../../src/pipeline/run/make-load-object.ts';

describe('rows of an object', () => {
  it.each([
    ['a usual average', 1_000, 67_108],
    ['very short rows', 1, 1_048_576],
    ['no rows, when the server last looked', 0, 65_536],
    ['no average', null, 65_536],
    ['very long rows', 10_000_000, 100],
  ])('%s', (_, average, rows) => {
    expect(rowsPerObject(average)).toBe(rows);
  });
});
