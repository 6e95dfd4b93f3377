import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Makes `file` stand for this process, so that two never work in one folder. Returns 0 if it is
 * ours now, else the id of the living process that has it. What a dead process left is taken over.
 */
export function tryClaim(file: string): number {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startedTicks(process.pid) }));
  try {
    for (;;) {
      if (link(own, file)) return 0;
      const holder = readHolder(file);
      if (holder !== null) return holder;
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives a claimed file up. */
export function releaseClaim(file: string): void {
  rmSync(file, { force: true });
}

/** `link` is atomic and brings the content along, which creating and then writing would not. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): number | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; started: string };
    return startedTicks(pid) === started ? pid : null;
  } catch {
    return null;
  }
}

/**
 * When a process started, which tells it apart from a later one with its id (proc(5), field 22);
 * null once it has ended.
 */
function startedTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}
