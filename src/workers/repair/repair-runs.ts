import type { FinishedStatus, Job } from 'bullmq';
import { LoadError, toFailure } from '../../pipeline/errors/index.ts';
import { objectNames, parseLoad, timeOfRun } from '../../pipeline/names/index.ts';
import { createObject, mapAtOnce } from '../../pipeline/ports/index.ts';
import { failedBeforeDecisions } from '../../pipeline/run/index.ts';
import { unfinishedLoads } from '../../queues/loading-tables.ts';
import { addRun } from '../../queues/queues.ts';
import { finishRun } from '../finish-run.ts';
import { noteSummary } from './note-summary.ts';
import { type KnownRequest, readRequest } from './read-request.ts';
import { repairChildren } from './repair-children.ts';
import { type Found, LOOK_BACK_MS, type RepairContext, type RepairMemory } from './repair-context.ts';

const AT_ONCE = 8;

/**
 * Runs that the bucket knows and that have no summary: each is brought to where it can end. Tells
 * what the bucket holds.
 */
export async function repairRuns(context: RepairContext, memory: RepairMemory): Promise<Found> {
  const { bucket, sourceId, now } = context;
  const since = now().getTime() - LOOK_BACK_MS;
  const all = await bucket.folders(objectNames(sourceId).runs);
  const runs = all.filter((runId) => (timeOfRun(runId)?.getTime() ?? 0) > since);
  const recent = new Set(runs);
  for (const runId of memory.ended.keys()) if (!recent.has(runId)) memory.ended.delete(runId);
  for (const loadId of memory.settled)
    if (!recent.has(parseLoad(loadId)?.runId ?? '')) memory.settled.delete(loadId);
  const asked = runs.filter((runId) => !memory.ended.has(runId) && !memory.pending.has(runId));
  const open: string[] = [];
  await mapAtOnce(asked, AT_ONCE, async (runId) => {
    if (await noteSummary(runId, context, memory)) return;
    open.push(runId);
    await repairRun(runId, context, memory);
  });
  return { runs: all, open };
}

async function repairRun(runId: string, context: RepairContext, memory: RepairMemory): Promise<void> {
  const job = await context.queues.controller.getJob(runId);
  if (!job) return putBack(runId, 'Redis does not know it', context);
  const state = await job.getState();
  if (state === 'waiting-children') return repairChildren(job, context, memory);
  if (state !== 'failed' && state !== 'completed' && state !== 'unknown') return;
  // It may have ended meanwhile, as runs do: with its summary first.
  if (await noteSummary(runId, context, memory)) return;
  if (state !== 'unknown') return tryAgain(job, state, context);
  await job.remove({ removeChildren: false });
  await putBack(runId, 'its job was in no list', context);
}

/**
 * A run ends with its summary: one whose job has ended without was killed too often, or somebody
 * has moved it.
 */
async function tryAgain(job: Job, state: FinishedStatus, { log }: RepairContext): Promise<void> {
  const why = `its job had ${state} without a summary${job.failedReason ? `: ${job.failedReason}` : ''}`;
  await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
  log.warn({ runId: job.id, why }, 'run put back into the queue');
}

async function putBack(runId: string, why: string, context: RepairContext): Promise<void> {
  const { queues, bucket, sourceId, log, now, runDeadlineMs } = context;
  const known = await readRequest({ sourceId, runId }, bucket);
  const ageMs = now().getTime() - Date.parse(known.request.requestedAt);
  if (known.isLost || ageMs >= runDeadlineMs) return endLost(runId, known, context);
  await addRun(queues, known.request);
  log.warn({ runId, why }, 'run put back into the queue');
}

/**
 * Ends a run that nobody can or should go on with: what its loads have come to is told by their
 * names.
 */
async function endLost(
  runId: string,
  { request, tables, isLost }: KnownRequest,
  context: RepairContext,
): Promise<void> {
  const { queues, bucket, sourceId, log, shutdown, now } = context;
  if ((await unfinishedLoads(queues)).some((load) => load.runId === runId)) return;
  const why = isLost ? 'Redis lost what was asked for' : 'Redis lost it, and it is older than RUN_DEADLINE';
  const error = new LoadError('LOAD_ABANDONED', `Run ${runId}: ${why}.`);
  if (tables)
    await finishRun(
      { job: null, tables, signal: shutdown, report: async () => undefined },
      { ...context, historyWaitMs: 0 },
    );
  else
    await createObject(
      bucket,
      objectNames(sourceId).summary(runId),
      failedBeforeDecisions({
        ...request,
        startedAt: request.requestedAt,
        error: toFailure(error, null),
        now: now(),
      }),
    );
  log.error({ runId, why }, 'run ended');
}
