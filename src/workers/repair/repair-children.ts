import type { Job } from 'bullmq';
import { toLoadError } from '../../pipeline/errors/index.ts';
import { readLoadEnd } from '../../pipeline/history/index.ts';
import { objectNames } from '../../pipeline/names/index.ts';
import { tablesObjectSchema } from '../../pipeline/objects/index.ts';
import { mapAtOnce, readObject } from '../../pipeline/ports/index.ts';
import { jobStates } from '../../queues/job-states.ts';
import { addHistoryRows } from '../../queues/queues.ts';
import { childrenOf } from '../../queues/run-children.ts';
import { fanOut } from '../fan-out.ts';
import { readIngest } from '../read-ends.ts';
import type { RepairContext, RepairMemory } from './repair-context.ts';

const LOOK_UPS_AT_ONCE = 200;

/**
 * A run that waits for its loads: those whose jobs are gone (removed by hand, or lost) are added
 * again, and those that have ended while the run goes on waiting for them are let go.
 */
export async function repairChildren(job: Job, context: RepairContext, memory: RepairMemory): Promise<void> {
  const { queues, bucket, sourceId, log } = context;
  const runId = job.id ?? '';
  const children = await childrenOf(job);
  const states = await jobStates(queues.ingest, [...children.open]);
  const settled = [...states].filter(([, state]) => state === 'failed' || state === 'completed');
  const known = children.results.size + children.failures.size + children.open.size;
  const isWhole = memory.loads.get(runId) === known && ![...states.values()].includes('unknown');
  if (!isWhole) {
    const tables = await readObject(bucket, objectNames(sourceId).tables(runId), tablesObjectSchema);
    if (!tables) return;
    memory.loads.set(runId, tables.value.tables.filter(({ loadId }) => loadId !== null).length);
    const added = await fanOut({ ...context, job, tables: tables.value });
    const why = 'their jobs were gone';
    if (added.length > 0) log.warn({ runId, loads: added.length, first: added[0], why }, 'loads added again');
  }
  for (const [loadId] of settled) await (await queues.ingest.getJob(loadId))?.removeChildDependency();
  await settleDead({ runId, failures: children.failures }, context, memory);
  if (settled.length > 0)
    log.warn(
      { runId, loads: settled.length, first: settled[0]?.[0], why: 'their jobs had ended' },
      'run no longer waits for loads',
    );
}

/**
 * Loads that have failed without their processor: what is under way for them is ended now, not when
 * the run is over.
 */
async function settleDead(
  { runId, failures }: { runId: string; failures: ReadonlyMap<string, string> },
  context: RepairContext,
  memory: RepairMemory,
): Promise<void> {
  const { bucket, sourceId, settle, queues } = context;
  const unseen = [...failures].filter(([loadId]) => !memory.settled.has(loadId));
  const jobs = await mapAtOnce(unseen, LOOK_UPS_AT_ONCE, ([loadId]) => queues.ingest.getJob(loadId));
  for (const [index, [loadId, why]] of unseen.entries()) {
    const job = jobs[index];
    const named = { sourceId, runId, loadId };
    const isTold = job !== undefined && hasToldWhy(job, sourceId);
    const end = isTold ? null : ((await readLoadEnd(named, bucket)) ?? (await settle({ ...named, why })));
    if (end) await addHistoryRows(queues, [end.row]);
    memory.settled.add(loadId);
  }
}

/**
 * Whether a load's processor has said why it failed, in its job; or could not so much as begin.
 * What a newer worker has written there is left to it.
 */
function hasToldWhy(job: Job, sourceId: string): boolean {
  try {
    const read = readIngest(job, sourceId);
    return 'unreadable' in read || read.payload.failure !== null;
  } catch (thrown) {
    if (toLoadError(thrown).code === 'NEWER_VERSION') return true;
    throw thrown;
  }
}
