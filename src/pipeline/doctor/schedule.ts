import { type Finding, fail, ok, warn } from './finding.ts';

/** A run stands in the queue well before that. */
const GRACE_MS = 600_000;

/** The schedule, and what became of its last slot. */
export interface ScheduleFacts {
  cron: string;
  timeZone: string;
  last: Date;
  next: Date | null;
  /** When this installation first saw the schedule; null if it never has. */
  firstSeen: Date | null;
  /** Whether bucket or queue know the run of the last slot. */
  isLastKnown: boolean;
  catchUpMs: number;
}

/** A night without a run is told by nothing else: what is not there reports no failure. */
export function judgeSchedule(facts: ScheduleFacts, now: Date): Finding {
  const { cron, timeZone, last, next, firstSeen, isLastKnown, catchUpMs } = facts;
  const ageMs = now.getTime() - last.getTime();
  const told = `${cron} in ${timeZone}: last ${shown(last)}, next ${shown(next)}`;
  if (isLastKnown || firstSeen === null || last < firstSeen || ageMs < GRACE_MS)
    return ok('schedule.slots', told);
  const missing = `${told}; no run was made for the last one`;
  return ageMs <= catchUpMs
    ? warn(
        'schedule.slots',
        missing,
        'A scheduler that is alive makes up for it: npm start, and see its log.',
      )
    : fail(
        'schedule.slots',
        `${missing}, and it is older than SCHEDULE_CATCH_UP`,
        'See that a scheduler is alive (npm start) and what its log says; load now with: npm run run',
      );
}

function shown(date: Date | null): string {
  return date ? `${date.toISOString().slice(0, 16)}Z` : 'never';
}
