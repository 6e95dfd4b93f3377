import { type OwnProcess, startProcess } from '../processes.ts';

/** A line of a worker's log about a load or a run. */
export interface Step {
  atMs: number;
  message: string;
  /** `RUN TABLE`; the run alone where the line is about a run. */
  subject: string;
}

export interface Member {
  number: number;
  process: OwnProcess;
  steps: Step[];
  /** Lines that are no JSON, and errors: what a person would look at first. */
  errors: string[];
  state: 'alive' | 'paused' | 'gone';
}

/** Loads that a worker had begun and not left when it was killed. */
export interface Kill {
  member: number;
  atMs: number;
  loads: string[];
}

/** Worker processes that are killed and stopped; a new one comes for each that goes. */
export interface Fleet {
  members: Member[];
  kills: Kill[];
  start(more?: Record<string, string>, roles?: string): Member;
  /** Kills a worker as `kill -9` does. */
  kill(member: Member): Promise<void>;
  pause(member: Member): void;
  resume(member: Member): void;
  alive(): Member[];
  /** Everything that any of them has written. */
  output(): string;
  /** Stops all that live, in order. */
  close(): Promise<void>;
}

/** Where a load stands that has been taken up and is neither put back nor ended. */
const BEGUN = 'load started';

export function openFleet(env: Record<string, string>): Fleet {
  const members: Member[] = [];
  const kills: Kill[] = [];
  const start = (more: Record<string, string> = {}, roles = 'worker,scheduler') => {
    const own = startProcess('main', ['--roles', roles], { ...env, ...more });
    const member: Member = { number: members.length, process: own, steps: [], errors: [], state: 'alive' };
    members.push(member);
    followLog(member);
    void own.ended.then(() => {
      // At a crash point it dies by itself.
      if (own.child.signalCode === 'SIGKILL' && !kills.some((kill) => kill.member === member.number))
        kills.push({ member: member.number, atMs: Date.now(), loads: begunLoads(member) });
      member.state = 'gone';
    });
    return member;
  };
  const kill = async (member: Member) => {
    kills.push({ member: member.number, atMs: Date.now(), loads: begunLoads(member) });
    member.process.child.kill('SIGKILL');
    await member.process.ended;
  };
  return {
    members,
    kills,
    start,
    kill,
    pause: (member) => {
      member.process.child.kill('SIGSTOP');
      member.state = 'paused';
    },
    resume: (member) => {
      member.process.child.kill('SIGCONT');
      if (member.state === 'paused') member.state = 'alive';
    },
    alive: () => members.filter(({ state }) => state === 'alive'),
    output: () => members.map(({ process: { output } }) => output.stdout + output.stderr).join(''),
    close: async () => {
      for (const { process: own, state } of members)
        if (state !== 'gone') {
          own.child.kill('SIGCONT');
          own.child.kill('SIGTERM');
        }
      await Promise.all(members.map(({ process: own }) => own.ended));
    },
  };
}

function followLog(member: Member): void {
  let rest = '';
  member.process.child.stderr?.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) readLine(member, line);
  });
}

function readLine(member: Member, line: string): void {
  try {
    const { time, msg, runId, table, level } = JSON.parse(line) as Record<string, string>;
    if (Number(level) >= 50) member.errors.push(line);
    if (runId === undefined) return;
    const subject = table === undefined ? runId : `${runId} ${table}`;
    member.steps.push({ atMs: Date.parse(time ?? ''), message: msg ?? '', subject });
  } catch {
    member.errors.push(line);
  }
}

/** Loads that a worker has begun and not left, as `RUN TABLE`. */
export function begunLoads({ steps }: Member): string[] {
  const last = new Map(steps.map(({ subject, message }) => [subject, message]));
  return [...last].filter(([, message]) => message === BEGUN).map(([subject]) => subject);
}

/**
 * For each load that a killed worker had begun, when it died and how long it was until another
 * worker took the load up.
 */
export function recoveries({
  kills,
  members,
}: Pick<Fleet, 'kills' | 'members'>): { diedAtMs: number; tookMs: number }[] {
  const begun = members.flatMap(({ number, steps }) =>
    steps.filter(({ message }) => message === BEGUN).map((step) => ({ ...step, number })),
  );
  return kills.flatMap(({ member, atMs, loads }) =>
    loads.flatMap((subject) => {
      const next = begun
        .filter((step) => step.subject === subject && step.number !== member && step.atMs >= atMs)
        .sort((one, other) => one.atMs - other.atMs)[0];
      return next ? [{ diedAtMs: atMs, tookMs: next.atMs - atMs }] : [];
    }),
  );
}
