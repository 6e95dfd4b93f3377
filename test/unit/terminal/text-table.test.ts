import { describe, expect, it } from 'vitest';
import { shownBytes, shownDuration, shownStatus, textTable } from '../../../src/terminal/text-table.ts';

describe('what people read', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:09.400Z', '9 s'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:03:20Z', '3 min 20 s'],
    ['2026-01-01T00:00:00Z', '2026-01-01T05:03:20Z', '5 h 3 min'],
    ['2026-01-01T00:00:00Z', '2026-01-03T05:03:20Z', '2 d 5 h'],
    [null, '2026-01-03T05:03:20Z', '–'],
  ])('from %s to %s are %s', (from, to, shown) => {
    expect(shownDuration(from, to)).toBe(shown);
  });

  it.each([
    [null, '–'],
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [2_000_000_000, '2.0 GB'],
  ])('%s bytes are %s', (bytes, shown) => {
    expect(shownBytes(bytes)).toBe(shown);
  });

  it('has no colours where nobody can see them', () => {
    expect(shownStatus('failed')).toBe('failed');
    expect(shownStatus('anything')).toBe('anything');
  });

  it('has numbers on the right, also where some are not known', () => {
    const rows = [
      ['1,200', '9.5 kB', 'x1'],
      ['7', '–', '2'],
    ];
    expect(textTable(['rows', 'size', 'name'], rows)).toBe(
      ' rows    size  name\n1,200  9.5 kB  x1\n    7       –  2',
    );
  });

  it('stands in columns, without blanks at the end', () => {
    expect(textTable(['a', 'bbb'], [['long', '']])).toBe('a     bbb\nlong');
  });
});
