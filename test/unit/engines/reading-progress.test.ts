import { describe, expect, it } from 'vitest';
import { readingProgress } from '../../../src/engines/dataproc/reading-progress.ts';
import { readingNews } from '../../../src/engines/reading-news.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { ReadingProgress } from '../../../src/pipeline/objects/progress.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { specOf } from '../../support/samples.ts';

const spec = specOf();
const said = (changes: Partial<ReadingProgress> = {}): ReadingProgress => ({
  version: 1,
  attemptId: spec.attemptId,
  at: '2026-01-02T03:10:00.000Z',
  step: 'reading',
  since: '2026-01-02T03:04:05.000Z',
  rows: 1_200_000,
  movedAt: '2026-01-02T03:09:55.000Z',
  isAnswering: true,
  states: [],
  locks: {},
  ...changes,
});
const { schema, table } = spec.table;
const lock = { table_schema: schema, table_name: table, lock_status: 'GRANTED' };
const thread = { thread: '84', user: 'app', host: 'h', doing: 'SLEEP', seconds: '340' };

describe('what a reading says of itself', () => {
  it.each<[string, Partial<ReadingProgress>, string, boolean]>([
    ['rows that come', {}, 'reading since 03:04:05 (UTC), 1,200,000 rows so far', false],
    [
      'a count before the first row',
      { step: 'counting', rows: 0, movedAt: '2026-01-02T03:04:00.000Z', since: '2026-01-02T03:09:30.000Z' },
      'counting since 03:09:30 (UTC)',
      false,
    ],
    [
      'a minute without a row, and MySQL at work',
      { rows: 0, movedAt: '2026-01-02T03:04:00.000Z', states: ['executing'] },
      'reading since 03:04:05 (UTC), 0 rows so far, no row for 355 s: MySQL says executing',
      true,
    ],
    [
      'a lock that somebody holds',
      {
        movedAt: '2026-01-02T03:09:00.000Z',
        states: ['Waiting for table metadata lock'],
        locks: { locks: { rows: [{ ...lock, ...thread }] } },
      },
      'reading since 03:04:05 (UTC), 1,200,000 rows so far, no row for 60 s: MySQL says Waiting for table metadata lock; held by thread 84 of app@h (SLEEP, 340 s)',
      true,
    ],
    [
      'a server that is silent',
      { movedAt: '2026-01-02T03:08:00.000Z', isAnswering: false },
      'reading since 03:04:05 (UTC), 1,200,000 rows so far, no row for 120 s: MySQL does not answer',
      true,
    ],
  ])('%s', (_, changes, message, isQuiet) => {
    expect(readingNews(said(changes), spec)).toEqual({ message, isQuiet });
  });

  it('is nothing where it has said nothing, what it said is of another attempt, or cannot be read', async () => {
    const name = objectNames(spec.sourceId).progress(spec.attemptId);
    const bucket = createMemoryBucket();
    expect(await readingProgress(spec, bucket)).toBeNull();
    await createObject(bucket, name, said({ attemptId: 'another' }));
    expect(await readingProgress(spec, bucket)).toBeNull();
    const broken = createMemoryBucket();
    await broken.create({ name, bytes: Buffer.from('{'), contentType: 'application/json' });
    expect(await readingProgress(spec, broken)).toBeNull();
  });
});
