import type { Worker } from 'bullmq';
import { reached } from '../pipeline/errors/index.ts';
import { endedLoads } from '../pipeline/history/index.ts';
import type { LoadDeps } from '../pipeline/load/index.ts';
import { plural } from '../pipeline/names/index.ts';
import type { TablesObject } from '../pipeline/objects/index.ts';
import type { History } from '../pipeline/ports/index.ts';
import { ensureConcurrency } from '../queues/concurrency.ts';
import { type RunPayload, runPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { stepOf } from '../queues/unfinished-runs.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { createWorker, type WorkerContext } from './create-worker.ts';
import { announce, readSummary } from './end-run.ts';
import { type FailRunContext, knownRun, retryRunLater } from './fail-run.ts';
import { fanOut } from './fan-out.ts';
import { finishRun } from './finish-run.ts';
import type { RunStep } from './job-steps.ts';
import { tellProgress } from './run-progress.ts';
import { settler } from './settle.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';

/**
 * Runs that verify or finish at the same time in one process; a run that waits for its loads holds
 * no slot.
 */
const CONCURRENCY = 4;

/** Steps of a run's progress that come after its decisions. */
const DECIDED_STEPS: ReadonlySet<string> = new Set<RunStep>(['loads', 'finish']);

export interface ControllerContext extends WorkerContext, FailRunContext {
  queues: Queues;
  cancellations: Cancellations;
  history: Pick<History, 'rowsOfRun'>;
  /**
   * What a load works with: one that died without saying how it ended is looked for by its names.
   */
  deps: LoadDeps;
  maxAttempts: number;
  /** Loads at the same time, across all processes. */
  concurrency: number;
  /** A run has its summary. */
  runEnded(): void;
  /** Decides and writes `tables.json` and the `LOAD.json`s; reads them where they are there. */
  decideRun(
    payload: RunPayload,
    watch: { report(message: string): Promise<void>; signal: AbortSignal },
  ): Promise<TablesObject>;
  /** Adds the run of the last slot if it is missing. */
  tick(): Promise<string | null>;
}

type Run = JobContext<RunPayload>;
type Outcome = JobOutcome<RunPayload>;

/** The worker of the `controller` queue: ticks and runs. */
export function createControllerWorker(context: ControllerContext): Worker {
  return createWorker(
    'controller',
    {
      schema: runPayloadSchema,
      withoutPayload: { tick: context.tick },
      unreadable: (job, error) => knownRun(job, error, context),
      work: (at) => advanceRun(at, context),
      afterError: (at, error) => retryRunLater(at, error, context),
    },
    context,
    { concurrency: CONCURRENCY },
  );
}

/**
 * A run is a step job; each step may be repeated, because what it makes has a fixed name. One that
 * has its summary has ended.
 */
async function advanceRun(at: Run, context: ControllerContext): Promise<Outcome> {
  const { job, payload, signal } = at;
  const ended = await readSummary(payload, context.bucket);
  if (ended) return closeRun(ended, payload, context);
  const isDecided = DECIDED_STEPS.has(stepOf(job.progress) ?? '');
  const { runId, trigger, interruptions } = payload;
  if (!isDecided) {
    const tables = payload.tables?.length ?? 'all';
    context.log.info({ runId, trigger, tables, interruptions }, 'run started');
  }
  const report = (message: string) => tellProgress(job, { step: 'verify', message }, context);
  const tables = await context.decideRun(payload, { report, signal });
  signal.throwIfAborted();
  if (await context.cancellations.isRequested(runId)) await cancelLoads(tables, context);
  // Redis may have lost it since the start: more loads than that would begin at once.
  await ensureConcurrency(context.queues, context.concurrency);
  await fanOut({ job, tables, ...context });
  const count = tables.tables.filter(({ loadId }) => loadId !== null).length;
  await tellProgress(job, { step: 'loads', message: `${plural(count, 'table')} to load` }, context);
  if (!isDecided) context.log.info({ runId, load: count, skip: tables.tables.length - count }, 'run decided');
  reached('F6');
  return { outcome: 'children', whenNoneIsOpen: () => finish(tables, at, context) };
}

/** All loads have ended. */
async function finish(
  tables: TablesObject,
  { job, payload, signal }: Run,
  context: ControllerContext,
): Promise<Outcome> {
  const report = (message: string) => tellProgress(job, { step: 'finish', message }, context);
  const settle = settler(context.deps, context.log, signal);
  const summary = await finishRun({ job, tables, signal, report }, { ...context, settle });
  return closeRun(summary, payload, context);
}

function closeRun(
  summary: Parameters<typeof announce>[0],
  payload: RunPayload,
  context: ControllerContext,
): Outcome {
  context.runEnded();
  return announce(summary, payload, context.log);
}

/**
 * A run that is cancelled after its decisions has its loads end one by one, each with its history
 * row.
 */
async function cancelLoads(
  decided: TablesObject,
  { cancellations, bucket }: ControllerContext,
): Promise<void> {
  const { runId, tables } = decided;
  const reason = await cancellations.reasonOf(runId);
  // A wish against one that has ended would meet whoever has it tried again.
  const ended = await endedLoads(decided, bucket);
  for (const { loadId } of tables)
    if (loadId !== null && !ended.has(loadId)) await cancellations.request(loadId, reason);
  await cancellations.clear(runId);
}
