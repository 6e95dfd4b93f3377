import { describe, expect, it } from 'vitest';
import {
  afterLoadFailure,
  afterRunFailure,
  type FailedRun,
  freshBudget,
  type LoadBudget,
  type LoadFailure,
  QUEUE_TRIES,
  queueDelayMs,
} from '../../../../src/pipeline/load/budget.ts';

const FRESH = freshBudget(1);
const FAIL = { next: 'fail' };
const TERMINAL = { isTransient: false };
const OUTAGE = { isOutage: true };
const attempt = (endedAttempt: number) => ({ endedAttempt });
const LOST = (endedAttempt: number) => ({ endedAttempt, isReaderLost: true });
const FAILURE: LoadFailure = { isTransient: true, endedAttempt: null, isOutage: false };
const wait = (budget: Partial<LoadBudget>) => ({ next: 'wait', budget });
const later = (delayMs: number, budget: Partial<LoadBudget>) => ({ next: 'later', delayMs, budget });

describe('a load, with three attempts, after', () => {
  it.each<[string, Partial<LoadBudget>, Partial<LoadFailure>, object]>([
    ['its first attempt', {}, attempt(1), later(30_000, { nextAttempt: 2, interruptions: 0 })],
    ['its second attempt', { nextAttempt: 2 }, attempt(2), later(60_000, { nextAttempt: 3 })],
    ['its last attempt', { nextAttempt: 3 }, attempt(3), FAIL],
    [
      'the first of a second budget',
      { attemptsBefore: 3, nextAttempt: 4 },
      attempt(4),
      later(30_000, { nextAttempt: 5 }),
    ],
    ['the last of a second budget', { attemptsBefore: 3, nextAttempt: 6 }, attempt(6), FAIL],
    ['a terminal failure', {}, { ...attempt(1), ...TERMINAL }, FAIL],
    ['a terminal failure before an attempt', {}, TERMINAL, FAIL],

    ['an interruption', {}, {}, later(30_000, { nextAttempt: 1, interruptions: 1 })],
    ['one within its third attempt', { nextAttempt: 3 }, {}, later(30_000, { nextAttempt: 3 })],
    ['many', { interruptions: 8 }, {}, later(600_000, { interruptions: 9 })],
    ['four times its attempts, less one', { interruptions: 11 }, {}, later(600_000, { interruptions: 12 })],
    ['four times its attempts', { interruptions: 12 }, {}, FAIL],
    [
      'an attempt beside interruptions',
      { interruptions: 12 },
      attempt(1),
      later(30_000, { interruptions: 12 }),
    ],

    ['an outage', { interruptions: 12 }, OUTAGE, wait({ nextAttempt: 1, interruptions: 12, spared: 0 })],
    [
      'an outage that ended an attempt',
      {},
      { ...attempt(3), ...OUTAGE },
      wait({ nextAttempt: 4, spared: 1 }),
    ],
    ['an outage, however it was classed', {}, { ...attempt(3), ...OUTAGE, ...TERMINAL }, wait({ spared: 1 })],
    [
      'a third attempt, one of them spared',
      { spared: 1 },
      attempt(3),
      later(60_000, { nextAttempt: 4, spared: 1 }),
    ],
    ['a fourth attempt, one of them spared', { spared: 1 }, attempt(4), FAIL],

    ['the end of its reader', {}, LOST(1), later(0, { nextAttempt: 2, spared: 1, interruptions: 1 })],
    [
      'the end of its reader, again',
      { nextAttempt: 2, spared: 1, interruptions: 1 },
      LOST(2),
      later(60_000, { nextAttempt: 3, spared: 2, interruptions: 2 }),
    ],
    ['the end of a reader after twelve interruptions', { interruptions: 12 }, LOST(1), FAIL],
    [
      'an attempt after the ends of two readers',
      { nextAttempt: 3, spared: 2, interruptions: 2 },
      attempt(3),
      later(30_000, { nextAttempt: 4, spared: 2, interruptions: 2 }),
    ],
  ])('%s', (_, used, met, expected) => {
    const budget = { ...FRESH, ...used };
    const chance = { maxAttempts: 3, random: 0.5 };
    expect(afterLoadFailure(budget, { ...FAILURE, ...met }, chance)).toMatchObject(expected);
  });

  it('anything keeps what else its job carries', () => {
    const carried = afterLoadFailure({ ...FRESH, loadId: 'x' }, FAILURE, { maxAttempts: 1, random: 0.5 });
    expect(carried).toMatchObject({ budget: { loadId: 'x' } });
  });
});

it('a fresh budget begins after the last attempt', () => {
  expect(freshBudget(4)).toEqual({ attemptsBefore: 3, nextAttempt: 4, spared: 0, interruptions: 0 });
});

describe('a run, after', () => {
  const HOUR = 3_600_000;
  const RUN: FailedRun = { interruptions: 0, ageMs: 0, isTransient: true, isDecided: false, canEnd: true };
  const again = (delayMs: number, interruptions: number) => ({ next: 'later', delayMs, interruptions });
  it.each<[string, Partial<FailedRun>, object]>([
    ['its first failure', {}, again(30_000, 1)],
    ['its ninth', { interruptions: 8 }, again(600_000, 9)],
    ['something terminal', TERMINAL, FAIL],
    ['something terminal, with its decisions', { ...TERMINAL, isDecided: true }, FAIL],
    ['its catch-up would be over at the next try', { ageMs: HOUR - 30_000 }, FAIL],
    ['the last moment before that', { ageMs: HOUR - 30_001 }, again(30_000, 1)],
    ['its catch-up is over, with its decisions', { ageMs: 2 * HOUR, isDecided: true }, again(30_000, 1)],
    ['something terminal, and no summary can be written', { ...TERMINAL, canEnd: false }, again(30_000, 1)],
    ['its catch-up, and no summary can be written', { ageMs: HOUR, canEnd: false }, again(30_000, 1)],
    ['the failure before its last', { interruptions: 1_999, isDecided: true }, again(600_000, 2_000)],
    ['its last', { interruptions: 2_000, isDecided: true }, FAIL],
    ['its last, and no summary can be written', { interruptions: 2_000, canEnd: false }, FAIL],
  ])('%s', (_, run, expected) => {
    const chance = { catchUpMs: HOUR, random: 0.5, delayFactor: 1 };
    expect(afterRunFailure({ ...RUN, ...run }, chance)).toEqual(expected);
  });
});

describe('delays', () => {
  const delayed = (interruptions: number, random: number) => {
    const retry = afterLoadFailure({ ...FRESH, interruptions }, FAILURE, { maxAttempts: 9, random });
    return retry.next === 'later' ? retry.delayMs : null;
  };

  it.each([
    [1, 30_000],
    [2, 60_000],
    [5, 480_000],
    [9, 600_000],
  ])('after %i failures are around %i ms', (used, expected) => {
    expect(delayed(used - 1, 0.5)).toBe(expected);
    expect(delayed(used - 1, 0)).toBe(expected * 0.75);
  });

  it('of the queue itself double from 5 s to 10 min', () => {
    expect([1, 2, 8, 20].map(queueDelayMs)).toEqual([5_000, 10_000, 600_000, 600_000]);
  });
});

it('the queue hands out a load as often as it may be interrupted', () => {
  const most = QUEUE_TRIES.load(3);
  const retry = (interruptions: number) =>
    afterLoadFailure({ ...FRESH, interruptions }, FAILURE, { maxAttempts: 3, random: 0 }).next;
  expect([retry(most - 1), retry(most)]).toEqual(['later', 'fail']);
});
