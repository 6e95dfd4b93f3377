import { objectNames } from '../../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema } from '../../pipeline/objects/index.ts';
import { readObject } from '../../pipeline/ports/index.ts';
import type { RepairContext, RepairMemory } from './repair-context.ts';

/** The summary of a run, where there is one; whether history has all of its rows is remembered. */
export async function noteSummary(
  runId: string,
  { bucket, sourceId }: Pick<RepairContext, 'bucket' | 'sourceId'>,
  memory: RepairMemory,
): Promise<SummaryObject | null> {
  const found = await readObject(bucket, objectNames(sourceId).summary(runId), summaryObjectSchema);
  if (!found) return null;
  const { historyPending, endedAt } = found.value;
  memory.loads.delete(runId);
  if (historyPending > 0) memory.pending.add(runId);
  else {
    memory.pending.delete(runId);
    memory.ended.set(runId, new Date(endedAt));
  }
  return found.value;
}
