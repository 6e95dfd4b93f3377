/** 15.5 s in all. */
const DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Asks for what must be there. A service may not know for a moment what it has just taken (a job
 * after its insert, a table after its load): "not found" is asked again, and believed after 15.5 s.
 */
export async function askAgain<T>(
  ask: () => Promise<T | null>,
  sleep: (ms: number) => Promise<void>,
): Promise<T | null> {
  let found = await ask();
  for (const delayMs of DELAYS_MS) {
    if (found !== null) return found;
    await sleep(delayMs);
    found = await ask();
  }
  return found;
}
