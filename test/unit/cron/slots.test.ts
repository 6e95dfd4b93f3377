import { describe, expect, it } from 'vitest';
import { cronProblem, lastSlot } from '../../../src/cron/slots.ts';
import {
  bullMqSlotsAround,
  DAILY,
  daysOf,
  differentChanges,
  isUsualChange,
  nextChanges,
  pastChanges,
  slotsAround,
} from '../../support/clock-changes.ts';

const DAY_MS = 86_400_000;
const iso = (date: Date | null) => date?.toISOString() ?? null;

describe('lastSlot', () => {
  it.each([
    [
      'before the night that has no midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00:00Z',
      '2026-09-05T04:00:00.000Z',
    ],
    [
      'after the night that has no midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-06T12:00:00Z',
      '2026-09-06T04:00:00.000Z',
    ],
    ['a day later', '0 0 * * *', 'America/Santiago', '2026-09-07T12:00:00Z', '2026-09-07T03:00:00.000Z'],
    [
      'three days later',
      '30 0 * * *',
      'America/Santiago',
      '2026-09-09T12:00:00Z',
      '2026-09-09T03:30:00.000Z',
    ],
    [
      'in a year that is over',
      '0 0 * * *',
      'America/Sao_Paulo',
      '2018-11-04T12:00:00Z',
      '2018-11-04T03:00:00.000Z',
    ],
    [
      'where cron-parser finds nothing at all',
      '0 2 * * *',
      'Australia/Lord_Howe',
      '2026-04-05T00:00:00Z',
      '2026-04-04T15:30:00.000Z',
    ],
    [
      'where a whole day is left out',
      '0 12 * * *',
      'Pacific/Apia',
      '2011-12-31T12:00:00Z',
      '2011-12-30T22:00:00.000Z',
    ],
    ['of 29 February', '0 0 29 2 *', 'UTC', '2026-11-27T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['of every minute of a month', '* * * 1 *', 'UTC', '2026-11-27T00:00:00Z', '2026-01-31T23:59:00.000Z'],
    [
      'of every hour, in the hour that is there twice',
      '30 * * * *',
      'Europe/Berlin',
      '2026-10-25T01:45:00Z',
      '2026-10-25T01:30:00.000Z',
    ],
    [
      'of every hour, after the hour that is not there',
      '30 * * * *',
      'Europe/Berlin',
      '2026-03-29T01:15:00Z',
      '2026-03-29T00:30:00.000Z',
    ],
  ])('%s: %s in %s', (_, cron, timeZone, now, right) => {
    expect(iso(lastSlot({ cron, timeZone }, new Date(now)))).toBe(right);
  });

  it('says of a schedule that was never due that it is none', () => {
    expect(() => lastSlot({ cron: '0 0 31 4,6 *', timeZone: 'UTC' }, new Date('2026-11-27'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('is never due') }),
    );
  });
});

describe('a daily schedule over a change of clocks of every kind', () => {
  const changes = differentChanges([...nextChanges(), ...pastChanges()]);

  it('knows those of the tz database', () => {
    expect(changes.length).toBeGreaterThan(20);
    expect(changes.filter((change) => !isUsualChange(change)).length).toBeGreaterThan(8);
  });

  it.each(DAILY)('%s is due once each day', (cron) => {
    for (const { timeZone, at } of changes) {
      const slots = slotsAround({ cron, timeZone }, at);
      const days = daysOf(timeZone, slots);
      const lasting = (Date.parse(days.at(-1) ?? '') - Date.parse(days[0] ?? '')) / DAY_MS + 1;
      expect([timeZone, days, new Set(days).size]).toEqual([timeZone, days, lasting]);
    }
  });

  it.each(DAILY)('%s: lastSlot finds what nextSlot finds', (cron) => {
    for (const { timeZone, at } of changes) {
      const slots = slotsAround({ cron, timeZone }, at);
      const last = (now: number) => lastSlot({ cron, timeZone }, new Date(now)).getTime();
      expect([timeZone, slots.map(last)]).toEqual([timeZone, slots]);
      expect([timeZone, slots.slice(1).map((slot) => last(slot - 1))]).toEqual([
        timeZone,
        slots.slice(0, -1),
      ]);
    }
  });

  it.each(DAILY)("%s is due when BullMQ's own search finds it, where that is no loss", (cron) => {
    for (const { timeZone, at } of changes.filter(isUsualChange))
      expect([timeZone, slotsAround({ cron, timeZone }, at)]).toEqual([
        timeZone,
        bullMqSlotsAround({ cron, timeZone }, at),
      ]);
  });
});

describe('cronProblem', () => {
  it.each([
    ['0 3 * * *', null],
    ['*/15 8-18 * * MON-FRI', null],
    ['0 3 * * THU', null],
    ['0 0 L * *', null],
    ['0 0 29 2 *', null],
    ['0 0 3 * * *', 'expected five fields'],
    ['@daily', 'expected five fields'],
    ['0 0 31 4,6 *', 'is never due'],
    ['0 0 30 2 *', 'expected minute, hour, day of month, month and day of week'],
    ['H 3 * * *', 'H is not understood here: name the minute and the hour'],
    ['0 25 * * *', 'expected minute, hour, day of month, month and day of week'],
  ])('of %s: %s', (cron, problem) => {
    expect(cronProblem({ cron, timeZone: 'America/Santiago' })).toEqual(problem);
  });
});
