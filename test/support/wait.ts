import type { Job, Queue } from 'bullmq';

const POLL_MS = 50;
/**
 * Between two looks at what is far: each costs client, stand-in and server some milliseconds of
 * CPU.
 */
export const FAR_POLL_MS = 250;

/**
 * What a test or a hook may take, all of them alike (vitest.config.ts). It is there for what hangs,
 * not for what is slow: a machine with four times as much to do as it can must not fail. Nothing
 * else in the tests has a limit of its own.
 */
export const PATIENCE_MS = 20 * 60_000;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits until `check` gives something, `pollMs` between two looks; only the patience with the whole
 * test ends it.
 */
export async function until<T>(
  check: () => Promise<T | null | undefined | false>,
  pollMs = POLL_MS,
): Promise<T> {
  for (;;) {
    const found = await check();
    if (found) return found;
    await pause(pollMs);
  }
}

/** Waits until a job has ended, well or not. */
export function finishedJob(queue: Queue, id: string): Promise<Job> {
  return until(async () => {
    const found = await queue.getJob(id);
    return found?.finishedOn ? found : null;
  });
}

/** Settings of an adapter that is to fail at once. */
export const NO_RETRY = { retries: 0, minTimeout: 1, maxTimeout: 1 };
