export { lastSlot, type Schedule, scheduleKey } from '../cron/slots.ts';

/**
 * Whether a slot is to be run now: younger than the catch-up window, and not before the moment this
 * installation first saw the schedule (a first start at ten in the morning loads nothing by
 * itself).
 */
export function isSlotDue(input: { slot: Date; now: Date; catchUpMs: number; firstSeen: Date }): boolean {
  const { slot, now, catchUpMs, firstSeen } = input;
  return slot >= firstSeen && now.getTime() - slot.getTime() <= catchUpMs;
}
