import type { Logger } from 'pino';
import { unfinishedLoads } from '../queues/loading-tables.ts';
import type { Queues } from '../queues/queues.ts';
import { unfinishedRuns } from '../queues/unfinished-runs.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { lookEvery } from './look-every.ts';

const LOOK_MS = 60_000;

export interface RunDeadlinesContext {
  queues: Queues;
  cancellations: Cancellations;
  /** From a run's request to its end. */
  deadlineMs: number;
  now(): Date;
  log: Logger;
}

/**
 * Looks each minute for runs that are past their deadline. Every process does, and the same wish
 * twice is one.
 */
export function startRunDeadlines(context: RunDeadlinesContext): { stop(): void } {
  return lookEvery(
    LOOK_MS,
    () => endOverdueRuns(context),
    (error) => context.log.debug({ err: error.message }, 'overdue runs not looked for'),
  );
}

/**
 * Wishes the end of every load of a run that is past its deadline: what waits ends, what runs is
 * cancelled, and the run ends with its summary. The runs, by name.
 */
export async function endOverdueRuns(context: RunDeadlinesContext): Promise<string[]> {
  const { queues, cancellations, deadlineMs, now, log } = context;
  const overdue = (await unfinishedRuns(queues)).filter(
    ({ requestedAt }) => now().getTime() - Date.parse(requestedAt) >= deadlineMs,
  );
  if (overdue.length === 0) return [];
  const loads = await unfinishedLoads(queues);
  for (const { runId } of overdue) {
    const own = loads.filter((load) => load.runId === runId);
    for (const name of [runId, ...own.map(({ loadId }) => loadId)]) {
      if (await cancellations.isRequested(name)) continue;
      await cancellations.request(name, 'run deadline');
      if (name === runId)
        log.error({ runId, loads: own.length }, 'the run is past its deadline, and is ended');
    }
  }
  return overdue.map(({ runId }) => runId);
}
