/** Of a process that a signal has ended. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof EXIT_CODES;
/** The terminal and npm both pass Ctrl-C on: two within this time are one. */
const SAME_SIGNAL_MS = 1_000;

/** Calls `stop` at the first SIGINT or SIGTERM; a later one ends the process at once. */
export function onStopSignal(stop: (signal: StopSignal) => void): void {
  let firstMs: number | null = null;
  const hear = (signal: StopSignal) => {
    if (firstMs === null) {
      firstMs = performance.now();
      stop(signal);
    } else if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(EXIT_CODES[signal]);
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
}
