import { describe, expect, it } from 'vitest';
import {
  bullMqSlotsAround,
  DAILY,
  daysOf,
  differentMoments,
  isUsualChange,
  nextChanges,
  slotsAround,
} from '../../support/clock-changes.ts';

describe('the next three changes of the clocks of every zone', () => {
  const changes = differentMoments(nextChanges());

  it.each(DAILY)("%s is due once each day, as BullMQ's own search finds it where that is no loss", (cron) => {
    expect(changes.length).toBeGreaterThan(50);
    for (const change of changes) {
      const schedule = { cron, timeZone: change.timeZone };
      const slots = slotsAround(schedule, change.at);
      const days = daysOf(change.timeZone, slots);
      expect([change.timeZone, days]).toEqual([change.timeZone, [...new Set(days)]]);
      expect(days.length).toBeGreaterThanOrEqual(3);
      if (isUsualChange(change))
        expect([change.timeZone, slots]).toEqual([change.timeZone, bullMqSlotsAround(schedule, change.at)]);
    }
  });
});
