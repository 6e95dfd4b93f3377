import { toLoadError } from '../pipeline/errors/index.ts';
import { tableKey } from '../pipeline/names/index.ts';
import type { TablesObject } from '../pipeline/objects/index.ts';
import type { History } from '../pipeline/ports/index.ts';
import { jobStates } from '../queues/job-states.ts';
import type { Queues } from '../queues/queues.ts';

/** A run's end is announced after that, whether history has its rows or not. */
const HISTORY_WAIT_MS = 600_000;
const HISTORY_POLL_MS = 250;

export interface HistoryWait {
  queues: Queues;
  history: Pick<History, 'rowsOfRun'>;
  now(): Date;
  /** How long history is awaited; 10 minutes unless told. */
  historyWaitMs?: number;
}

/**
 * Waits for the history rows of a run, and tells how many are not in BigQuery when the wait is
 * over. One that was given up is not waited for. Redis does not keep every job: where it knows one
 * no more, BigQuery itself is asked.
 */
export async function awaitHistory(
  input: { ids: readonly string[]; tables: TablesObject; signal: AbortSignal },
  context: HistoryWait,
): Promise<number> {
  const deadline = context.now().getTime() + (context.historyWaitMs ?? HISTORY_WAIT_MS);
  let waiting: readonly string[] = input.ids;
  let [lost, unknown] = [0, 0];
  for (;;) {
    const states = await jobStates(context.queues.history, waiting);
    lost += [...states.values()].filter((state) => state === 'failed').length;
    unknown += [...states.values()].filter((state) => state === 'unknown').length;
    waiting = waiting.filter((id) => !SETTLED.has(states.get(id) ?? ''));
    if (waiting.length === 0 || context.now().getTime() >= deadline) break;
    input.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, HISTORY_POLL_MS));
  }
  const pending = waiting.length + lost;
  return unknown === 0 ? pending : Math.max(pending, await missingRows(input.tables, context));
}

const SETTLED: ReadonlySet<string> = new Set(['completed', 'failed', 'unknown']);

/**
 * Tables of the run that history has no row of. All of them, where it cannot be asked: a repair
 * looks again.
 */
async function missingRows(tables: TablesObject, { history }: HistoryWait): Promise<number> {
  try {
    const rows = await history.rowsOfRun({
      sourceId: tables.sourceId,
      runId: tables.runId,
      decidedAt: tables.decidedAt,
    });
    const there = new Set(rows.map(tableKey));
    return tables.tables.filter((table) => !there.has(tableKey(table))).length;
  } catch (thrown) {
    if (!toLoadError(thrown).isTransient) throw thrown;
    return tables.tables.length;
  }
}
