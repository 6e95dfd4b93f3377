import { CronExpressionParser } from 'cron-parser';

export interface Schedule {
  /** Five cron fields. */
  cron: string;
  timeZone: string;
}

/** Far enough to start before a doubled hour. */
const STEPS_BACK = 4;

/**
 * The last moment at or before `now` at which the schedule was due. It is looked for forwards, as BullMQ does: in the night
 * that has 02:30 twice the way back finds the second one, and the run would be added twice.
 */
export function lastSlot({ cron, timeZone }: Schedule, now: Date): Date {
  // cron-parser looks strictly before its current date, in whole seconds.
  const justAfter = new Date(Math.floor(now.getTime() / 1_000) * 1_000 + 1_000);
  const back = CronExpressionParser.parse(cron, { currentDate: justAfter, tz: timeZone });
  for (let step = 0; step < STEPS_BACK - 1; step += 1) back.prev();
  let slot = back.prev().toDate();
  const forward = CronExpressionParser.parse(cron, { currentDate: slot, tz: timeZone });
  for (let next = forward.next().toDate(); next <= now; next = forward.next().toDate()) slot = next;
  return slot;
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
