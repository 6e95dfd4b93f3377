import { describe, expect, it } from 'vitest';
import { isSlotDue, lastSlot } from '../../../src/scheduler/slots.ts';

const HOUR_MS = 3_600_000;
const daily = { cron: '0 3 * * *', timeZone: 'America/Sao_Paulo' };

describe('lastSlot', () => {
  it.each([
    ['just before', '2026-11-23T05:59:59.999Z', '2026-11-22T06:00:00.000Z'],
    ['at the slot', '2026-11-23T06:00:00.000Z', '2026-11-23T06:00:00.000Z'],
    ['just after', '2026-11-23T06:00:00.001Z', '2026-11-23T06:00:00.000Z'],
    ['hours after', '2026-11-23T20:00:00.000Z', '2026-11-23T06:00:00.000Z'],
  ])('%s', (_, now, expected) => {
    expect(lastSlot(daily, new Date(now)).toISOString()).toBe(expected);
  });

  it('runs once in the night that has 02:30 twice, and once in the night that has none', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    expect(lastSlot(berlin, new Date('2026-10-25T12:00:00Z')).toISOString()).toBe('2026-10-25T00:30:00.000Z');
    expect(lastSlot(berlin, new Date('2026-03-29T12:00:00Z')).toISOString().slice(0, 10)).toBe('2026-03-29');
  });
});

describe('isSlotDue', () => {
  const slot = new Date('2026-11-23T06:00:00Z');
  const at = (hours: number) => new Date(slot.getTime() + hours * HOUR_MS);
  it.each([
    ['at once', 0, -24, true],
    ['within the window', 12, -24, true],
    ['past the window', 12.1, -24, false],
    ['a first start after the slot', 4, 4, false],
    ['a first start at the slot', 0, 0, true],
  ])('%s', (_, nowHours, seenHours, expected) => {
    expect(isSlotDue({ slot, now: at(nowHours), catchUpMs: 12 * HOUR_MS, firstSeen: at(seenHours) })).toBe(
      expected,
    );
  });
});
