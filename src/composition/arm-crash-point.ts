import type { CrashAt } from '../config/crash-at.ts';
import { type CrashPoint, crashPoints } from '../pipeline/errors/index.ts';

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const;

/**
 * Makes this process die, or stand still, at the point that a test has named, and gives back what
 * takes that back; without one nothing listens.
 */
export function armCrashPoint(
  crashAt: CrashAt | null,
  signal: (name: NodeJS.Signals) => void = (name) => process.kill(process.pid, name),
): () => void {
  if (!crashAt) return () => undefined;
  let times = 0;
  const onPoint = (point: unknown) => {
    if ((point as CrashPoint) !== crashAt.point) return;
    times += 1;
    if (times === crashAt.time) signal(SIGNALS[crashAt.how]);
  };
  crashPoints.subscribe(onPoint);
  return () => void crashPoints.unsubscribe(onPoint);
}
