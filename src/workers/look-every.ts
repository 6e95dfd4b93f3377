/**
 * Looks again and again, until stopped; never twice at a time. `onError` is told of a look that
 * failed.
 */
export function lookEvery(
  ms: number,
  look: () => Promise<unknown>,
  onError: (error: Error) => void,
): { stop(): void } {
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(onError)
      .finally(() => {
        isLooking = false;
      });
  }, ms);
  return { stop: () => clearInterval(timer) };
}
