import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress } from '../../../src/terminal/progress.ts';
import { CLEAR_LINE } from '../../../src/terminal/terminal-text.ts';

let written: string[];
const stream = (isTTY: boolean) =>
  ({ isTTY, write: (text: string) => written.push(text) > 0 }) as unknown as NodeJS.WriteStream;

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it('says nothing of what takes less than two seconds', () => {
  const progress = createProgress(stream(false));
  vi.advanceTimersByTime(1_900);
  progress.stop();
  expect(written).toEqual([]);
});

it('tells a pipe what is going on, in whole lines without control characters, every half minute', () => {
  const progress = createProgress(stream(false));
  progress.activity('reading history');
  vi.advanceTimersByTime(61_000);
  progress.stop();
  expect(written).toEqual(['reading history …\n', 'reading history …\n']);
});

it('counts the seconds on a terminal, in one line that goes away', () => {
  const progress = createProgress(stream(true));
  progress.activity('reading history');
  vi.advanceTimersByTime(3_000);
  progress.stop();
  expect(written).toEqual([
    `${CLEAR_LINE}reading history … 2 s`,
    `${CLEAR_LINE}reading history … 3 s`,
    CLEAR_LINE,
  ]);
});

it('starts counting anew after something else was written', () => {
  const progress = createProgress(stream(true));
  vi.advanceTimersByTime(1_500);
  progress.clear();
  vi.advanceTimersByTime(1_500);
  expect(written).toEqual([]);
  progress.stop();
});
