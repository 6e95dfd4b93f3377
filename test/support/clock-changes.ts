import { defaultRepeatStrategy, type RepeatOptions } from 'bullmq';
import { nextSlot, type Schedule } from '../../src/cron/slots.ts';
import { offsetMs } from '../../src/cron/zone-time.ts';

const DAY_MS = 86_400_000;
export const DAILY = ['0 0 * * *', '30 0 * * *', '0 2 * * *', '30 2 * * *', '0 3 * * *'];

/** A moment at which the clocks of a zone are changed. */
interface ClockChange {
  timeZone: string;
  at: number;
}

/**
 * The first changes of a zone's clocks after `from`, at most `count`, none later than two years
 * after it.
 */
function clockChanges(timeZone: string, from: Date, count: number): ClockChange[] {
  const changes: ClockChange[] = [];
  const end = from.getTime() + 2 * 366 * DAY_MS;
  for (let day = from.getTime(); day < end && changes.length < count; day += 7 * DAY_MS) {
    const before = offsetMs(timeZone, day);
    if (offsetMs(timeZone, day + 7 * DAY_MS) === before) continue;
    let low = day;
    let high = day + 7 * DAY_MS;
    while (high - low > 1_000) {
      const middle = Math.floor((low + high) / 2_000) * 1_000;
      if (offsetMs(timeZone, middle) === before) low = middle;
      else high = middle;
    }
    changes.push({ timeZone, at: high });
  }
  return changes;
}

/**
 * By how much, and what the clocks show just before: all that a schedule can notice of a change.
 */
function kindOf({ timeZone, at }: ClockChange): { byMs: number; shows: string } {
  const [before, after] = [offsetMs(timeZone, at - 1_000), offsetMs(timeZone, at)];
  return { byMs: after - before, shows: new Date(at + before).toISOString().slice(11, 19) };
}

/** One change of each kind. */
export function differentChanges(changes: readonly ClockChange[]): ClockChange[] {
  return [...new Map(changes.map((change) => [JSON.stringify(kindOf(change)), change])).values()];
}

/** The next three changes of every zone of the tz database. */
export function nextChanges(): ClockChange[] {
  return changesOfAllZones(new Date('2026-11-27'), 3);
}

/** One of those that are the same moment between the same clocks: zones share rules. */
export function differentMoments(changes: readonly ClockChange[]): ClockChange[] {
  return [
    ...new Map(changes.map((change) => [JSON.stringify([change.at, kindOf(change)]), change])).values(),
  ];
}

/** Those of two years in which many zones changed their clocks at midnight. */
export function pastChanges(): ClockChange[] {
  return changesOfAllZones(new Date('2018-01-01'), 3);
}

function changesOfAllZones(from: Date, count: number): ClockChange[] {
  return Intl.supportedValuesOf('timeZone').flatMap((zone) => clockChanges(zone, from, count));
}

/** The slots from two days before a change to two days after it. */
export function slotsAround(schedule: Schedule, at: number): number[] {
  const slots: number[] = [];
  const next = (after: number) => nextSlot(schedule, new Date(after))?.getTime();
  for (let slot = next(at - 2 * DAY_MS); slot && slot < at + 2 * DAY_MS; slot = next(slot)) slots.push(slot);
  return slots;
}

/**
 * What BullMQ would do by itself; its search may end without an answer, and with it the schedule.
 */
export function bullMqSlotsAround({ cron, timeZone }: Schedule, at: number): number[] {
  const slots: number[] = [];
  const options = { pattern: cron, tz: timeZone } as RepeatOptions;
  const next = (after: number) => defaultRepeatStrategy(after, options) as number | undefined;
  for (let slot = next(at - 2 * DAY_MS); slot && slot < at + 2 * DAY_MS; slot = next(slot)) slots.push(slot);
  return slots;
}

/** The days, as the zone's clocks show them, of slots. */
export function daysOf(timeZone: string, slots: readonly number[]): string[] {
  return slots.map((slot) => new Date(slot + offsetMs(timeZone, slot)).toISOString().slice(0, 10));
}

/**
 * Whether clocks are changed as cron-parser understands it: by one hour that neither begins, nor
 * ends, nor lies about midnight.
 */
export function isUsualChange(change: ClockChange): boolean {
  const { byMs, shows } = kindOf(change);
  const hour = Number(shows.slice(0, 2)) + Math.min(0, byMs) / 3_600_000;
  return Math.abs(byMs) === 3_600_000 && hour >= 1 && hour < 23;
}
