import pRetry from 'p-retry';
import { LoadError } from '../pipeline/errors/index.ts';

export interface RetrySettings {
  retries: number;
  minTimeout: number;
  maxTimeout: number;
}

/** Five tries in all, 0.5 s doubling to 8 s, jittered. */
export const RETRY: RetrySettings = { retries: 4, minTimeout: 500, maxTimeout: 8_000 };

/**
 * Calls a vendor, translates what it throws, and tries transient faults again. `classify` turns the
 * vendor's error into a `LoadError`; a terminal one is thrown at once.
 */
export async function withRetry<T>(
  call: () => Promise<T>,
  classify: (error: unknown) => LoadError,
  options: {
    signal?: AbortSignal | undefined;
    settings?: RetrySettings | undefined;
    /** Hears of each fault that is tried again. */
    onRetry?: ((error: LoadError) => void | Promise<void>) | undefined;
  } = {},
): Promise<T> {
  const attempt = async () => {
    try {
      return await call();
    } catch (error) {
      throw error instanceof LoadError ? error : classify(error);
    }
  };
  return pRetry(attempt, {
    ...(options.settings ?? RETRY),
    factor: 2,
    randomize: true,
    ...(options.signal && { signal: options.signal }),
    shouldRetry: ({ error }) => error instanceof LoadError && error.isTransient,
    onFailedAttempt: async ({ error, retriesLeft }) => {
      if (retriesLeft > 0 && error instanceof LoadError && error.isTransient) await options.onRetry?.(error);
    },
  });
}

/** A vendor error's own text, in one piece; some throw the body of an answer. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
