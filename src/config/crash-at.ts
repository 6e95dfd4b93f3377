import { CRASH_POINTS, type CrashPoint } from '../pipeline/errors/index.ts';

/**
 * Of a process that is to die, or to be held up, at a point: for tests alone, and so no setting.
 */
export const CRASH_AT = 'CRASH_AT';

export interface CrashAt {
  point: CrashPoint;
  /** `kill`: dies as by `kill -9`; `stop`: stands still until it gets SIGCONT. */
  how: 'kill' | 'stop';
  /** At which time that it comes there, from 1. */
  time: number;
}

const GRAMMAR = /^(F\d+p?)(?::(kill|stop))?(?:#([1-9]\d{0,5}))?$/;

/**
 * What `CRASH_AT` says (`F7`, `F10:stop`, `F9#3`): null where it is not set. A problem where it may
 * not be set, or says nothing known.
 */
export function readCrashAt(
  text: string | undefined,
  standIns: readonly (string | undefined)[],
): { crashAt: CrashAt | null; problem: string | null } {
  if (!text) return { crashAt: null, problem: null };
  // Their addresses are on loopback, or they are refused by themselves.
  if (standIns.includes(undefined))
    return refused('makes a worker die on purpose: only tests may set it, over stand-ins of all of Google.');
  const [, point = '', how = 'kill', time = '1'] = GRAMMAR.exec(text) ?? [];
  if (!Object.hasOwn(CRASH_POINTS, point))
    return refused(`expected one of ${Object.keys(CRASH_POINTS).join(', ')}, with :stop or #TIME after it.`);
  const crashAt = { point: point as CrashPoint, how: how as CrashAt['how'], time: Number(time) };
  return { crashAt, problem: null };
}

function refused(why: string): ReturnType<typeof readCrashAt> {
  return { crashAt: null, problem: `${CRASH_AT}: ${why}` };
}
