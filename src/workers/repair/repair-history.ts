import { objectNames, tableKey } from '../../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema, tablesObjectSchema } from '../../pipeline/objects/index.ts';
import { changeObject, readObject } from '../../pipeline/ports/index.ts';
import { rowsAgain } from '../../pipeline/run/index.ts';
import { jobStates } from '../../queues/job-states.ts';
import { addHistoryRows, historyJobId } from '../../queues/queues.ts';
import { noteSummary } from './note-summary.ts';
import type { RepairContext, RepairMemory } from './repair-context.ts';

/** States of a history job in which its row is on its way. */
const UNDER_WAY: ReadonlySet<string> = new Set(['waiting', 'active', 'delayed', 'prioritized']);

/**
 * Runs that were announced before history had all of their rows: rows that nobody brings are handed
 * over again, and the end is told.
 */
export async function repairHistory(context: RepairContext, memory: RepairMemory): Promise<void> {
  for (const runId of memory.pending) {
    context.shutdown.throwIfAborted();
    const summary = await noteSummary(runId, context, memory);
    if (summary && summary.historyPending > 0) await repairRows(summary, context, memory);
  }
}

async function repairRows(
  summary: SummaryObject,
  context: RepairContext,
  memory: RepairMemory,
): Promise<void> {
  const { bucket, sourceId, history, queues, log } = context;
  const { runId } = summary;
  const names = objectNames(sourceId);
  const tables = (await readObject(bucket, names.tables(runId), tablesObjectSchema))?.value;
  const rows = tables ? await history.rowsOfRun({ sourceId, runId: runId, decidedAt: tables.decidedAt }) : [];
  const there = new Set(rows.map(tableKey));
  const wanted = tables?.tables.filter((table) => !there.has(tableKey(table))) ?? [];
  if (!tables || wanted.length === 0) {
    const object = { name: names.summary(runId), schema: summaryObjectSchema, empty: summary };
    await changeObject(bucket, object, (before) => ({ ...before, historyPending: 0 }));
    await noteSummary(runId, context, memory);
    log.info({ runId }, 'history has all rows of the run');
    return;
  }
  const made = await rowsAgain({ tables, summary, wanted }, context);
  const ids = made.map(({ row }) => historyJobId(row));
  const states = await jobStates(queues.history, ids);
  const lost = made.flatMap(({ row }) => (UNDER_WAY.has(states.get(historyJobId(row)) ?? '') ? [] : [row]));
  // A job that was given up, or completed for nothing, keeps its name from being added.
  for (const row of lost) await queues.history.remove(historyJobId(row));
  await addHistoryRows(queues, lost);
  const why = 'history lacked them, and nobody brought them';
  if (lost.length > 0) log.warn({ runId, rows: lost.length, why }, 'history rows handed over again');
}
