const POLL_MS = 50;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `check` gives something; the test's own time limit ends it. */
export async function until<T>(check: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await check();
    if (found) return found;
    await pause(POLL_MS);
  }
}

/** Settings of an adapter that is to fail at once. */
export const NO_RETRY = { retries: 0, minTimeout: 1, maxTimeout: 1 };
