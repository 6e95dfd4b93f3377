import { readdirSync, readFileSync } from 'node:fs';

const CLOCK_TICKS = 100;

/** Peak resident memory of a process, in bytes (VmHWM). */
export function peakMemory(pid: number): number {
  return memory(pid, 'VmHWM');
}

function memory(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1_024;
}

/** CPU time of a process so far, user and system, in seconds. */
export function cpuSeconds(pid: number): number {
  return ticks(String(pid), 11) / CLOCK_TICKS;
}

/** CPU time of all children that have ended, and of theirs, in seconds. */
export function childrenCpuSeconds(): number {
  return ticks('self', 13) / CLOCK_TICKS;
}

/** Two fields of `stat` together, user and system; `first` is counted from the state. */
function ticks(process: string, first: number): number {
  const fields = readFileSync(`/proc/${process}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[first]) + Number(fields[first + 1]);
}

/** Resident memory of a process and of all that it has started, in bytes; 0 when it has ended. */
export function treeMemory(pid: number): number {
  try {
    const own = memory(pid, 'VmRSS');
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return children.reduce((sum, child) => sum + treeMemory(Number(child)), own);
  } catch {
    return 0;
  }
}

/** Looks again and again, and gives the greatest that it has seen. */
export function watchPeak(look: () => number, everyMs = 200): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, look());
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/** Resident memory of all processes whose command line holds `text`, in bytes. */
export function memoryOfAll(text: string): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)) continue;
      sum += memory(Number(pid), 'VmRSS');
    } catch {
      // It has ended between the two looks.
    }
  }
  return sum;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
