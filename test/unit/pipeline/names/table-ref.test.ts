import { describe, expect, it } from 'vitest';
import { asArgument, tableLabel } from '../../../../src/pipeline/names/table-ref.ts';

describe('tableLabel', () => {
  it.each([
    ['a', 'b', 'a.b'],
    ['a.b', 'c', '`a.b`.c'],
    ['a', 'x`y', 'a.`x``y`'],
  ])('%s and %s read %s', (schema, table, expected) => {
    expect(tableLabel({ schema, table })).toBe(expected);
  });
});

describe('asArgument', () => {
  it.each([
    ['a', 'b', 'table=a.b'],
    ['a', 'b c', "'table=a.b c'"],
    ['a', "l'água", "'table=a.l'\\''água'"],
    ['a', 'x$y', "'table=a.x$y'"],
  ])('%s and %s are ready for a shell', (schema, table, expected) => {
    expect(asArgument({ schema, table })).toBe(expected);
  });
});
