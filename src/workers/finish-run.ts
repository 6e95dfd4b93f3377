import type { Job } from 'bullmq';
import { LoadError } from '../pipeline/errors/index.ts';
import { historyRowJobId, objectNames } from '../pipeline/names/index.ts';
import type { SummaryObject, TablesObject } from '../pipeline/objects/index.ts';
import { createObject } from '../pipeline/ports/index.ts';
import { countsText, type LoadEnd, remainingRows, summarize } from '../pipeline/run/index.ts';
import { addHistoryRows, historyJobId } from '../queues/queues.ts';
import { awaitHistory, type HistoryWait } from './await-history.ts';
import { readSummary } from './end-run.ts';
import { type EndsContext, readEnds } from './read-ends.ts';

export interface FinishContext extends EndsContext, HistoryWait {}

/**
 * Ends a run whose loads have all ended: one terminal history row a table (repaired where a load
 * died without one), history awaited for at most 10 minutes, then `summary.json`. Whoever wrote
 * that first is right. `job` is the run's, null where Redis does not know it.
 */
export async function finishRun(
  input: {
    job: Job | null;
    tables: TablesObject;
    signal: AbortSignal;
    report(message: string): Promise<void>;
  },
  context: FinishContext,
): Promise<SummaryObject> {
  const { job, tables, signal, report } = input;
  const { ends, loadsInHistory, rows: known } = await readEnds(job, tables, context);
  const draft = summarize({ tables, ends, historyPending: 0, now: context.now() });
  const rows = [...remainingRows({ tables, summary: draft, loadsInHistory }), ...known];
  await addHistoryRows(context.queues, rows);
  await report(`${countsText(draft)}; waiting for history`);
  const ids = [...new Set([...rows.map(historyJobId), ...loadHistoryIds(tables, ends)])];
  const historyPending = await awaitHistory({ ids, tables, signal }, context);
  const summary = { ...draft, historyPending, endedAt: context.now().toISOString() };
  const name = objectNames(tables.sourceId).summary(tables.runId);
  if (await createObject(context.bucket, name, summary)) return summary;
  const first = await readSummary(tables, context.bucket);
  if (!first) throw new LoadError('STAGE_UNAVAILABLE', `${name} exists and cannot be read.`);
  return first;
}

function loadHistoryIds(tables: TablesObject, ends: ReadonlyMap<string, LoadEnd>): string[] {
  return tables.tables.flatMap(({ loadId }) => {
    const end = loadId === null ? undefined : ends.get(loadId);
    return loadId && end ? [historyRowJobId({ loadId, attempts: end.attempts, status: end.status })] : [];
  });
}
