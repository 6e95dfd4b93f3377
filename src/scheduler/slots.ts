import { CronExpressionParser } from 'cron-parser';

export interface Schedule {
  /** Five cron fields. */
  cron: string;
  timeZone: string;
}

/** The last moment at or before `now` at which the schedule was due. */
export function lastSlot({ cron, timeZone }: Schedule, now: Date): Date {
  // cron-parser looks strictly before its current date, in whole seconds.
  const justAfter = new Date(Math.floor(now.getTime() / 1_000) * 1_000 + 1_000);
  return CronExpressionParser.parse(cron, { currentDate: justAfter, tz: timeZone }).prev().toDate();
}

/** Key of a schedule in `installation.json`. */
export function scheduleKey({ cron, timeZone }: Schedule): string {
  return `${cron}|${timeZone}`;
}

/**
 * Whether a slot is to be run now: younger than the catch-up window, and not before the moment this installation first saw the
 * schedule (a first start at ten in the morning loads nothing by itself).
 */
export function isSlotDue(input: { slot: Date; now: Date; catchUpMs: number; firstSeen: Date }): boolean {
  const { slot, now, catchUpMs, firstSeen } = input;
  return slot >= firstSeen && now.getTime() - slot.getTime() <= catchUpMs;
}
