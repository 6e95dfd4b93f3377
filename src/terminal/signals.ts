import { setTimeout as pause } from 'node:timers/promises';

/** Of a process that a signal has ended. */
export const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof EXIT_CODES;
/** What tells a process to stop: the terminal is closed, Ctrl-C, a process manager. */
export const STOP_SIGNALS = Object.keys(EXIT_CODES) as StopSignal[];
/**
 * The terminal and npm both pass Ctrl-C on, npm later where the machine is busy: two within this
 * time are one.
 */
const SAME_SIGNAL_MS = 2_000;
/** A process manager signals the processes of a group one after the other. */
const MOMENT_MS = 1_000;

let told: StopSignal | null = null;

/**
 * Calls `stop` at the first signal that tells this process to stop; a later one ends the process at
 * once.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): void {
  let firstMs: number | null = null;
  const hear = (signal: StopSignal) => {
    told ??= signal;
    if (firstMs === null) {
      firstMs = performance.now();
      // What a closed terminal no longer takes must not end the stopping half-way.
      if (signal === 'SIGHUP') ignoreLostOutput();
      stop(signal);
    } else if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(EXIT_CODES[signal]);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, hear);
}

/**
 * The signal that told this process to stop, null if none did. Ctrl-C and process managers signal
 * whole groups, and the end of a child may be seen before this process's own signal: a failure is
 * one only after the moment that this waits.
 */
export async function toldToStop(momentMs = MOMENT_MS): Promise<StopSignal | null> {
  const deadline = performance.now() + momentMs;
  while (told === null && performance.now() < deadline) await pause(Math.min(20, momentMs));
  return told;
}

function ignoreLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
