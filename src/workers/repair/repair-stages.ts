import { objectNames, parseObjectName, runAndLoadOf } from '../../pipeline/names/index.ts';
import { guardObjectSchema } from '../../pipeline/objects/index.ts';
import { readObject } from '../../pipeline/ports/index.ts';
import { unfinishedLoads } from '../../queues/loading-tables.ts';
import type { RepairContext, RepairMemory } from './repair-context.ts';

/**
 * Rows that were staged and never published lie in the bucket after their load has failed. They are
 * removed once their run has ended longer ago than STAGE_RETENTION, but for a load that is under
 * way again, and for a stage that the guard has stopped since. Spec and manifest stay: they are
 * what attempts are counted by.
 */
export async function repairStages(context: RepairContext, memory: RepairMemory): Promise<void> {
  const { now, stageRetentionMs, queues, shutdown } = context;
  const before = now().getTime() - stageRetentionMs;
  const due = [...memory.ended].filter(([, endedAt]) => endedAt.getTime() < before).map(([runId]) => runId);
  if (due.length === 0) return;
  const openLoads = new Set((await unfinishedLoads(queues)).map(({ loadId }) => loadId));
  for (const runId of due) {
    shutdown.throwIfAborted();
    await removeStages(runId, openLoads, context);
  }
}

async function removeStages(
  runId: string,
  openLoads: ReadonlySet<string>,
  context: RepairContext,
): Promise<void> {
  const { bucket, sourceId, log } = context;
  const objects = await bucket.list(objectNames(sourceId).stagesOfRun(runId));
  const attempts = Map.groupBy(objects, ({ name }) => {
    const of = parseObjectName(sourceId, name);
    return of?.is === 'dataObject' ? of.attemptId : null;
  });
  for (const [attempt, data] of attempts) {
    const loadId = attempt && runAndLoadOf(attempt)?.loadId;
    if (!loadId || openLoads.has(loadId) || (await isGuarded(attempt, context))) continue;
    await bucket.remove(data.map(({ name }) => name));
    const bytes = data.reduce((sum, one) => sum + one.bytes, 0);
    const why = 'its run has ended longer ago than STAGE_RETENTION';
    log.info({ runId, attempt, objects: data.length, bytes, why }, 'stage removed');
  }
}

/**
 * Whether `accept` may publish the stage still: the guard has stopped it within the retention, as
 * after a person's retry.
 */
async function isGuarded(
  attemptId: string,
  { bucket, sourceId, now, stageRetentionMs }: RepairContext,
): Promise<boolean> {
  const guard = await readObject(bucket, objectNames(sourceId).guard(attemptId), guardObjectSchema);
  if (!guard) return false;
  return now().getTime() - Date.parse(guard.value.createdAt) < stageRetentionMs;
}
