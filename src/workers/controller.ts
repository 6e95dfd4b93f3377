import { DelayedError, type Job, UnrecoverableError, WaitingChildrenError, type Worker } from 'bullmq';
import { createObject, readObject } from '../pipeline/json-objects.ts';
import { attemptDelayMs } from '../pipeline/load/run-load.ts';
import { describeError, LoadError, toLoadError } from '../pipeline/load-error.ts';
import { objectNames } from '../pipeline/names.ts';
import { type SummaryObject, summaryObjectSchema, type TablesObject } from '../pipeline/objects/run.ts';
import type { Stage } from '../pipeline/ports/stage.ts';
import { failedBeforeDecisions, failureLines } from '../pipeline/run/summary.ts';
import type { Cancellations } from '../queues/cancellations.ts';
import { parsePayload, type RunPayload, runPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { createWorker, type WorkerContext } from './create-worker.ts';
import { fanOut } from './fan-out.ts';
import { finishRun } from './finish-run.ts';

/** Runs that verify or finish at the same time in one process; a run that waits for its loads holds no slot. */
const CONCURRENCY = 4;

export interface ControllerContext extends WorkerContext {
  queues: Queues;
  stage: Stage;
  cancellations: Cancellations;
  maxAttempts: number;
  /** How long verify is retried, counted from the run's request. */
  catchUpMs: number;
  /** Shortens the waiting between tries in tests; 1 in production. */
  delayFactor: number;
  now(): Date;
  random(): number;
  /** Decides and writes `tables.json` and the `LOAD.json`s; reads them where they are there. */
  decideRun(
    payload: RunPayload,
    watch: { report(message: string): Promise<void>; signal: AbortSignal },
  ): Promise<TablesObject>;
  /** Adds the run of the last slot if it is missing. */
  tick(): Promise<string | null>;
}

/** The worker of the `controller` queue: ticks and runs. */
export function createControllerWorker(context: ControllerContext): Worker {
  const process = async (job: Job, token: string, signal: AbortSignal) =>
    job.name === 'tick' ? context.tick() : processRun(job, { token, signal, context });
  return createWorker('controller', process, context, { concurrency: CONCURRENCY });
}

interface Visit {
  token: string;
  signal: AbortSignal;
  context: ControllerContext;
}

/** A run is a step job; each step may be repeated, because what it makes has a fixed name. */
async function processRun(job: Job, visit: Visit): Promise<{ loaded: number; skipped: number }> {
  const { context } = visit;
  const payload = parse(job, context.sourceId);
  const ended = await readObject(
    context.stage,
    objectNames(payload.sourceId).summary(payload.run),
    summaryObjectSchema,
  );
  if (ended) return announce(ended.value);
  try {
    const report = (message: string) => progress(job, 'verify', message, context);
    const tables = await context.decideRun(payload, { report, signal: visit.signal });
    visit.signal.throwIfAborted();
    if (await context.cancellations.isRequested(payload.run)) await cancelLoads(tables, context);
    await fanOut({ job, tables, queues: context.queues, maxAttempts: context.maxAttempts });
    await progress(
      job,
      'loads',
      `${tables.tables.filter(({ load }) => load !== null).length} tables to load`,
      context,
    );
    if (await job.moveToWaitingChildren(visit.token)) throw new WaitingChildrenError();
    const summary = await finishRun(
      { tables, signal: visit.signal, report: (message) => progress(job, 'finish', message, context) },
      context,
    );
    return announce(summary);
  } catch (thrown) {
    if (visit.signal.aborted || !(thrown instanceof LoadError)) throw thrown;
    return await afterFailure({ job, payload, error: thrown }, visit);
  }
}

/** A run that is cancelled after its decisions has its loads end one by one, each with its history row. */
async function cancelLoads(
  { run, tables }: TablesObject,
  { cancellations }: ControllerContext,
): Promise<void> {
  for (const { load } of tables) if (load !== null) await cancellations.request(load);
  await cancellations.clear(run);
}

function parse(job: Job, sourceId: string): RunPayload {
  try {
    return parsePayload(runPayloadSchema, job.data, sourceId);
  } catch (error) {
    throw new UnrecoverableError(describeError(toLoadError(error)));
  }
}

async function progress(job: Job, step: string, message: string, context: ControllerContext): Promise<void> {
  await job.updateProgress({ step, message });
  await job.log(`${context.now().toISOString()} ${message}`);
}

/** The end of a run as its job tells it: counts, or one line a failed table and what to do. */
function announce(summary: SummaryObject): { loaded: number; skipped: number } {
  if (summary.status === 'succeeded') return { loaded: summary.loaded, skipped: summary.skipped };
  const failed = summary.tables.filter(({ status }) => status === 'failed' || status === 'cancelled');
  const command = `npm run enqueue -- ${failed.map(({ schema, table }) => `table=${schema}.${table}`).join(' ') || 'table=…'}`;
  throw new UnrecoverableError(
    [...failureLines(summary), `Runs are not retried. Load what failed with: ${command}`].join('\n'),
  );
}

/** Verify that cannot reach something is tried again until the catch-up window is over; then the run ends with its error. */
async function afterFailure(
  failure: { job: Job; payload: RunPayload; error: LoadError },
  { token, context }: Visit,
): Promise<never> {
  const { job, payload, error } = failure;
  const setbacks = payload.setbacks + 1;
  const delayMs = Math.round(attemptDelayMs(setbacks, context.random()) * context.delayFactor);
  const now = context.now();
  const deadline = Date.parse(payload.requestedAt) + context.catchUpMs;
  if (error.isTransient && now.getTime() + delayMs < deadline) {
    await progress(
      job,
      'verify',
      `${describeError(error)}; again in ${Math.round(delayMs / 1_000)} s`,
      context,
    );
    await job.updateData({ ...payload, setbacks });
    await job.moveToDelayed(now.getTime() + delayMs, token);
    throw new DelayedError();
  }
  const { sourceId, run, trigger, requestedAt } = payload;
  const summary = failedBeforeDecisions({
    sourceId,
    run,
    trigger,
    startedAt: requestedAt,
    error: { code: error.code, message: describeError(error) },
    now,
  });
  await createObject(context.stage, objectNames(sourceId).summary(run), summary);
  throw new UnrecoverableError(failureLines(summary).join('\n'));
}
