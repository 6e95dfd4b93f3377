import type { SourceQueries } from '../ports/index.ts';

/**
 * The source as one run asks it: its captures are named `PREFIX1`, `PREFIX2`, … in their order, which is the same whenever the run is
 * repeated, so that a repeated run attaches to what its predecessor began.
 */
export function namedCaptures(
  source: SourceQueries,
  about: { prefix: string; signal?: AbortSignal | undefined; report?(message: string): Promise<void> },
): SourceQueries {
  const { prefix, signal, report } = about;
  let asked = 0;
  return {
    capture: (request) => {
      asked += 1;
      return source.capture({
        ...request,
        name: `${prefix}${asked}`,
        ...(signal && { signal }),
        ...(report && { report }),
      });
    },
    close: () => source.close(),
  };
}
