import { expect, it } from 'vitest';
import type { ReadingTold } from '../../../src/engines/direct/reading.ts';
import { readingText } from '../../../src/engines/direct/reading-text.ts';
import { loadObject, specOf } from '../../support/samples.ts';

const spec = specOf(loadObject());
const time = (seconds: number) => new Date(Date.UTC(2026, 0, 2, 18, 2, 11 + seconds)).toISOString();
const told = (changes: Partial<ReadingTold> = {}, progress: Partial<ReadingTold['progress']> = {}) => ({
  ...{ rows: 1_200_000, wire: 300_000_000, staged: 310_000_000, count: 3_000_000 },
  ...changes,
  progress: {
    ...{ version: 1 as const, attemptId: spec.attemptId, step: 'reading' as const, rows: 1_200_000 },
    ...{ at: time(4), since: time(0), movedAt: time(4), isAnswering: true, states: [], locks: {} },
    ...progress,
  },
});

it.each<[string, ReadingTold, string]>([
  [
    'rows that come',
    told(),
    'reading since 18:02:11 (UTC), 1,200,000 rows so far, of 3,000,000, 300,000 rows/s, 75 MB/s from MySQL, 310 MB written, done at about 18:02:21',
  ],
  ['all of them', told({ count: 1_200_000 }), '1,200,000 rows so far, of 1,200,000, 300,000 rows/s, 75 MB/s'],
  [
    'a count that is not done',
    told({ count: null, rows: 0 }, { step: 'counting', rows: 0 }),
    'counting since',
  ],
  [
    'no row for a minute',
    told({}, { at: time(64), states: ['Sending data'] }),
    '1,200,000 rows so far, no row for 60 s: MySQL says Sending data',
  ],
])('tells of %s', (_, given, text) => {
  expect(readingText(given, spec).message).toContain(text);
  expect(readingText(given, spec).isQuiet).toBe(text.includes('no row for'));
});

it('says that the number of rows is an estimate where no transaction has counted them', () => {
  const { message } = readingText(told(), { ...spec, isTransactional: false });
  expect(message).toContain('of about 3,000,000');
});
