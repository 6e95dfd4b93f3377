import { describe, expect, it } from 'vitest';
import { judgeSchedule } from '../../../../src/pipeline/doctor/schedule.ts';

const NOW = new Date('2026-11-24T03:00:00Z');

describe('doctor looks at the schedule', () => {
  it.each([
    ['a run', { isLastKnown: true }, 'ok'],
    ['no run yet, minutes later', { last: new Date('2026-11-24T02:55:00Z') }, 'ok'],
    ['no run, and time to make up for it', {}, 'warn'],
    ['no run, and too old', { catchUpMs: 3_600_000 }, 'fail'],
    ['no run, before the schedule was first seen', { firstSeen: new Date('2026-11-24T02:00:00Z') }, 'ok'],
    ['no run, in an installation that never started', { firstSeen: null }, 'ok'],
  ])('a schedule whose last slot has %s: %s', (_, changes, status) => {
    const schedule = { cron: '0 0 * * *', timeZone: 'UTC', catchUpMs: 12 * 3_600_000 };
    const slots = { last: new Date('2026-11-24T00:00:00Z'), next: new Date('2026-11-25T00:00:00Z') };
    const facts = {
      ...schedule,
      ...slots,
      firstSeen: new Date('2026-11-20'),
      isLastKnown: false,
      ...changes,
    };
    expect(judgeSchedule(facts, NOW)).toMatchObject({ check: 'schedule.slots', status });
  });
});
