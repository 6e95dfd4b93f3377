import { captureName } from '../names/index.ts';
import type { SourceQueries } from '../ports/index.ts';

/**
 * The source as one run asks it: its captures are numbered in their order, which is the same
 * whenever the run is repeated. So a repeated run attaches to what its predecessor began.
 */
export function namedCaptures(
  sourceQueries: SourceQueries,
  about: { runId: string; signal?: AbortSignal | undefined; report?(message: string): Promise<void> },
): SourceQueries {
  const { runId, signal, report } = about;
  let asked = 0;
  return {
    capture: (request) => {
      asked += 1;
      return sourceQueries.capture({
        ...request,
        name: captureName({ kind: 'verify', runId, number: asked }),
        ...(signal && { signal }),
        ...(report && { report }),
      });
    },
    close: () => sourceQueries.close(),
  };
}
