import { describe, expect, it } from 'vitest';
import {
  BEAT_MS,
  createSilenceWatch,
  isGoneHere,
  type LifeSign,
  ownLife,
  SILENT_MS,
} from '../../../src/redis/life-signs.ts';

const own = ownLife();
const sign = (beat: number): LifeSign => ({ ...own, beat, workers: ['w'] });

/**
 * A watch of one process, simulated by the millisecond: it beats every half second from `phase` on
 * unless it is stopped, and is looked at every half second. When it is told silent first; null if
 * never.
 */
function firstSilence(input: {
  phase: number;
  stoppedAt: number;
  stoppedMs: number;
  lookPhase: number;
}): number | null {
  const { phase, stoppedAt, stoppedMs, lookPhase } = input;
  const isSilent = createSilenceWatch();
  let beats = 0;
  let missed = false;
  for (let now = 0; now < 40_000; now += 10) {
    const isStopped = now >= stoppedAt && now < stoppedAt + stoppedMs;
    const isDue = now % BEAT_MS === phase;
    // A timer that is due while the process is stopped fires as soon as it goes on.
    if (isDue && isStopped) missed = true;
    if (!isStopped && (isDue || missed)) {
      beats += 1;
      missed = false;
    }
    if (now % BEAT_MS === lookPhase && isSilent(new Map([['p', sign(beats)]]), now).length > 0) return now;
  }
  return null;
}

const PHASES = [0, 10, 120, 250, 380, 490];
const cases = PHASES.flatMap((phase) =>
  PHASES.flatMap((lookPhase) => PHASES.map((at) => ({ phase, lookPhase, stoppedAt: 12_000 + at }))),
);

describe('the watch for silent processes', () => {
  it('takes none for dead that is stopped for 8 s, however beats and looks fall', () => {
    for (const one of cases) expect(firstSilence({ ...one, stoppedMs: 8_000 })).toBeNull();
  });

  it('takes one that is killed for dead within 11 s', () => {
    for (const one of cases) {
      const at = firstSilence({ ...one, stoppedMs: Number.POSITIVE_INFINITY });
      expect(at).not.toBeNull();
      expect((at ?? 0) - one.stoppedAt).toBeLessThanOrEqual(SILENT_MS + 1_000);
    }
  });

  it('begins anew after a time in which it did not look itself', () => {
    const isSilent = createSilenceWatch();
    const signs = new Map([['p', sign(1)]]);
    for (let now = 0; now < SILENT_MS; now += BEAT_MS) expect(isSilent(signs, now)).toEqual([]);
    // Redis was away, or this process was stopped: nobody could be heard.
    expect(isSilent(signs, 60_000)).toEqual([]);
    for (let now = 60_500; now < 60_000 + SILENT_MS; now += BEAT_MS) expect(isSilent(signs, now)).toEqual([]);
    expect(isSilent(signs, 60_000 + SILENT_MS)).toEqual(['p']);
  });

  it('forgets a process whose sign is gone', () => {
    const isSilent = createSilenceWatch();
    const looks = Array.from({ length: 30 }, (_, n) => n * BEAT_MS);
    expect(looks.flatMap((now) => isSilent(new Map(now < 5_000 ? [['p', sign(1)]] : []), now))).toEqual([]);
  });
});

describe('a process of this machine', () => {
  const nobody = { place: own.place, startOf: () => null };
  const now = (ticks: string) => ({ place: own.place, startOf: () => ticks });
  const one = { ...sign(1), startTicks: '77' };
  const cases: [string, Partial<LifeSign>, Parameters<typeof isGoneHere>[1], boolean][] = [
    ['is there', {}, now('77'), false],
    ['is gone', {}, nobody, true],
    ['is gone, and another has its number', {}, now('78'), true],
    ['is there, hidden from this user', {}, { place: own.place, startOf: () => undefined }, false],
    ['is of another machine', { place: { ...own.place, host: 'x' } }, nobody, false],
    ['is of another container', { place: { ...own.place, pidSpace: 'pid:[1]' } }, nobody, false],
    ['ran before the machine was started anew', { place: { ...own.place, boot: 'x' } }, nobody, false],
    ['is of a system that tells no starts', { startTicks: null }, nobody, false],
  ];

  it.each(cases)('%s', (_, changes, here, isGone) => {
    expect(isGoneHere({ ...one, ...changes }, here)).toBe(isGone);
  });

  it.skipIf(process.platform !== 'linux')('is known by number and start, as this very process is', () => {
    expect(isGoneHere(sign(1))).toBe(false);
    expect(isGoneHere({ ...sign(1), startTicks: '1' })).toBe(true);
  });
});
