import type { SummaryObject } from '../../pipeline/objects/index.ts';
import { readSummary } from '../end-run.ts';
import type { RepairContext, RepairMemory } from './repair-context.ts';

/** The summary of a run, where there is one; whether history has all of its rows is remembered. */
export async function noteSummary(
  runId: string,
  { bucket, sourceId }: Pick<RepairContext, 'bucket' | 'sourceId'>,
  memory: RepairMemory,
): Promise<SummaryObject | null> {
  const found = await readSummary({ sourceId, runId }, bucket);
  if (!found) return null;
  const { historyPending, endedAt } = found;
  memory.loads.delete(runId);
  if (historyPending > 0) memory.pending.add(runId);
  else {
    memory.pending.delete(runId);
    memory.ended.set(runId, new Date(endedAt));
  }
  return found;
}
