import type { Logger } from 'pino';
import { findLoad, type LoadDeps, settleLoad } from '../pipeline/load/index.ts';
import type { EndedLoad } from '../pipeline/objects/index.ts';
import type { EndsContext } from './read-ends.ts';
import { keepEnd } from './tell-end.ts';
import { loadFields } from './work-log.ts';

/**
 * Finds out what became of a load that nobody has said the end of, and keeps it. Null where its
 * `LOAD.json` is gone.
 */
export function settler(deps: LoadDeps, log: Logger, signal: AbortSignal): EndsContext['settle'] {
  return async ({ why, ...named }): Promise<EndedLoad | null> => {
    const load = await findLoad({ ...named, nextAttempt: Infinity }, deps.bucket);
    if (!load) return null;
    const end = await settleLoad({ load, why }, deps, { signal, report: async () => undefined });
    log.warn(
      { ...loadFields(named.runId, load.table), why, code: end.row.error_code },
      `load settled: ${end.row.status}`,
    );
    await keepEnd(end, { bucket: deps.bucket, log });
    return end;
  };
}
