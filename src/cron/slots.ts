import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { LoadError } from '../pipeline/errors/index.ts';
import { changeAround, instantsOf, offsetMs } from './zone-time.ts';

export interface Schedule {
  /** Five cron fields. */
  cron: string;
  timeZone: string;
}

const HOUR_MS = 3_600_000;
/**
 * Farther than any expression that is ever due: 29 February is eight years apart, its fifth Monday
 * forty.
 */
const FARTHEST_MS = 45 * 366 * 24 * HOUR_MS;

/**
 * The first moment after `after` at which the schedule is due; null if there is none.
 *
 * The fields are looked up on a clock that is never changed, and what that shows is then found in
 * the zone: a time that the clocks leave out is due as if they had not been put forward (02:30 at
 * 03:30, midnight at 01:00), one that they show twice is due the first time. A schedule of every
 * hour follows the clock as it is. cron-parser's own search in a zone leaves out nights that have
 * no midnight, and in others finds nothing at all (findings/).
 */
export function nextSlot({ cron, timeZone }: Schedule, after: Date): Date | null {
  const afterMs = after.getTime();
  const from = afterMs + offsetMs(timeZone, afterMs) - changeAround(timeZone, afterMs);
  const expression = parseCron(cron, new Date(from));
  const isHourly = expression.fields.hour.values.length === 24;
  let found: number | null = null;
  for (let wall = nextWall(expression); wall !== null; wall = nextWall(expression)) {
    const { instants, asBefore, earliest } = instantsOf(timeZone, wall);
    if (found !== null && earliest >= found) break;
    for (const instant of isHourly ? instants : [instants[0] ?? asBefore])
      if (instant > afterMs && (found === null || instant < found)) found = instant;
  }
  return found === null ? null : new Date(found);
}

/**
 * The last moment at or before `now` at which the schedule was due. It is looked for forwards:
 * whoever comes here and whoever waits for the next slot must mean the same. Throws
 * `CONFIG_INVALID` for a schedule that was never due.
 */
export function lastSlot(schedule: Schedule, now: Date): Date {
  const nowMs = now.getTime();
  const next = (afterMs: number) =>
    nextSlot(schedule, new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  for (let windowMs = HOUR_MS; windowMs <= 2 * FARTHEST_MS; windowMs *= 2) {
    const first = next(nowMs - windowMs);
    if (first === Number.POSITIVE_INFINITY) break;
    if (first <= nowMs) return new Date(lastUpTo(nowMs, first, next));
  }
  throw new LoadError('CONFIG_INVALID', `SCHEDULE_CRON: ${JSON.stringify(schedule.cron)} is never due.`);
}

/** The last slot up to `nowMs`; `slot` is one of them. */
function lastUpTo(nowMs: number, slot: number, next: (afterMs: number) => number): number {
  let last = slot;
  for (let high = nowMs; ; ) {
    const following = next(last);
    if (following > nowMs) return last;
    last = following;
    const middle = Math.floor((last + high) / 2);
    const later = next(middle);
    if (later <= nowMs) last = later;
    else high = middle;
  }
}

/** Key of a schedule in `installation.json`. */
export function scheduleKey({ cron, timeZone }: Schedule): string {
  return `${cron}|${timeZone}`;
}

/** What is wrong with five cron fields, for people; null where they can be followed. */
export function cronProblem(schedule: Schedule): string | null {
  const { cron } = schedule;
  if (cron.trim().split(/\s+/).length !== 5) return 'expected five fields';
  // cron-parser draws lots for it, anew each time.
  if (/(^|[\s,])H/i.test(cron)) return 'H is not understood here: name the minute and the hour';
  try {
    return nextSlot(schedule, new Date(0)) ? null : 'is never due';
  } catch {
    // The parser's own words hold the value, which may be a secret in the wrong place.
    return 'expected minute, hour, day of month, month and day of week';
  }
}

function parseCron(cron: string, currentDate: Date): CronExpression {
  return CronExpressionParser.parse(cron, { currentDate, tz: 'UTC' });
}

/** cron-parser throws where it finds nothing more. */
function nextWall(expression: CronExpression): number | null {
  try {
    return expression.next().getTime();
  } catch {
    return null;
  }
}
