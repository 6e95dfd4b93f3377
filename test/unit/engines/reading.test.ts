import { expect, it } from 'vitest';
import { followReading, type ReadingTold } from '../../../src/engines/direct/reading.ts';
import { specOf } from '../../support/samples.ts';

it('a reading tells that its rows begin, however soon they end', () => {
  const told: ReadingTold[] = [];
  const reading = followReading({
    spec: specOf(),
    rowSource: { open: () => Promise.reject(new Error('nobody asks')) },
    tell: (news) => told.push(news),
    now: () => new Date(),
  });
  reading.step('counting');
  expect(told).toEqual([]);
  reading.begin({ count: 5, progress: () => ({ rows: 0, wire: 9, staged: 0 }) });
  reading.stop();
  expect(told).toMatchObject([{ count: 5, rows: 0, wire: 9, progress: { step: 'reading' } }]);
});
