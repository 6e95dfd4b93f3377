import { CLEAR_LINE } from './terminal-text.ts';

const SILENCE_MS = 2_000;
const REPEAT_MS = 30_000;
const FRAME_MS = 1_000;

/** Where a program writes for people and programs. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
}

export interface Progress {
  /** What is going on from now on. */
  activity(text: string): void;
  /** Call before anything else is written. */
  clear(): void;
  stop(): void;
}

/**
 * Tells what a command is busy with once it has been silent for two seconds: on a terminal one line
 * that counts the seconds and goes away again, elsewhere a line at once and every half minute.
 */
export function createProgress(stream: OutputStream, now: () => number = Date.now): Progress {
  let text = 'working';
  let since = now();
  let lastLine = Number.NEGATIVE_INFINITY;
  let isShown = false;
  const clear = () => {
    if (isShown) stream.write(CLEAR_LINE);
    isShown = false;
    since = now();
  };
  const tick = () => {
    const seconds = Math.floor((now() - since) / 1_000);
    if (seconds * 1_000 < SILENCE_MS) return;
    if (stream.isTTY) {
      stream.write(`${CLEAR_LINE}${text} … ${seconds} s`);
      isShown = true;
    } else if (now() - lastLine >= REPEAT_MS) {
      lastLine = now();
      stream.write(`${text} …\n`);
    }
  };
  const timer = setInterval(tick, FRAME_MS);
  timer.unref();
  return {
    activity: (next) => {
      text = next;
    },
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
