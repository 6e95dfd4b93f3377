import { channel } from 'node:diagnostics_channel';

/**
 * The points between two steps at which a process may die or be held up, by the failure points of
 * the design's research. Tests make a process die at one of them (`CRASH_AT`, see CONTRIBUTING);
 * what is wrong there without care is told in `test/chaos/README.md`.
 */
export const CRASH_POINTS = {
  F1: 'the schedules are set, and the last slot has not been looked for',
  F2: 'a slot is due, and its run is not added',
  F3: 'the run of a slot is added, and the tick has not ended',
  F4: 'every LOAD.json is written, and tables.json is not',
  F5: 'in the midst of the fan-out',
  F6: 'all loads are in the queue, and the run does not wait for them yet',
  F7: 'an attempt has its spec, and nothing reads for it',
  F8: 'a Dataproc job is submitted, or a thread told to read, and nobody has written down its answer',
  F9: 'an attempt is read, and waited for',
  F10: 'a publish is about to be inserted, and everything before it has been checked',
  F11: 'a stage is whole, and its publish has not begun',
  F11p: 'a publish has ended, and nobody has looked at its outcome',
  F12: 'the history row is handed over, and the load has not completed',
  F13: 'a load has completed, and nobody has heard of it',
  F14: 'a load is taken up, and nothing of it has been looked at',
} as const;
export type CrashPoint = keyof typeof CRASH_POINTS;

/** Nobody listens here but a process that a test has armed (`composition/arm-crash-point.ts`). */
export const crashPoints = channel('adutora.crash-point');

/**
 * Says that this process has come to the point. Costs one look at a flag where nobody listens, and
 * changes nothing.
 */
export function reached(point: CrashPoint): void {
  if (crashPoints.hasSubscribers) crashPoints.publish(point);
}
