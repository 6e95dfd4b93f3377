import { DelayedError, type Job, UnrecoverableError, WaitingChildrenError, type Worker } from 'bullmq';
import { describeError, type LoadError, reached, toLoadError } from '../pipeline/errors/index.ts';
import { endedLoads } from '../pipeline/history/index.ts';
import { attemptDelayMs, type LoadDeps } from '../pipeline/load/index.ts';
import { asArgument, objectNames, plural, tableLabel } from '../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema, type TablesObject } from '../pipeline/objects/index.ts';
import { type Bucket, createObject, type History, readObject } from '../pipeline/ports/index.ts';
import { failedBeforeDecisions, failureLines, goneOf } from '../pipeline/run/index.ts';
import { ensureConcurrency } from '../queues/concurrency.ts';
import { type RunPayload, runPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { runOfName, stepOf } from '../queues/unfinished-runs.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { createWorker, hasSettledJob, isNewer, type WorkerContext } from './create-worker.ts';
import { fanOut } from './fan-out.ts';
import { finishRun } from './finish-run.ts';
import { type RunStep, WAITING } from './job-steps.ts';
import { readPayload } from './read-payload.ts';
import { settler } from './settle.ts';
import { logRunEnd } from './work-log.ts';

/** Runs that verify or finish at the same time in one process; a run that waits for its loads holds no slot. */
const CONCURRENCY = 4;
/** A run is tried again this often at most: about two weeks at the longest delay, as its history rows. */
const MAX_SETBACKS = 2_000;

/** Steps of a run's progress that come after its decisions. */
const DECIDED_STEPS: ReadonlySet<string> = new Set<RunStep>(['loads', 'finish']);

export interface ControllerContext extends WorkerContext {
  queues: Queues;
  bucket: Bucket;
  cancellations: Cancellations;
  history: Pick<History, 'rowsOfRun'>;
  /** What a load works with: one that died without saying how it ended is looked for by its names. */
  deps: LoadDeps;
  maxAttempts: number;
  /** Loads at the same time, across all processes. */
  concurrency: number;
  /** A run has its summary. */
  runEnded(): void;
  /** How long a run without decisions is tried again, counted from its request. */
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

/** What the job of a run that succeeded returns, for the board. */
interface RunEnd {
  loaded: number;
  skipped: number;
  /** Tables that have gone from the source's listing. */
  gone: string[];
}

interface Visit {
  token: string;
  signal: AbortSignal;
  context: ControllerContext;
}

/** A run is a step job; each step may be repeated, because what it makes has a fixed name. */
async function processRun(job: Job, visit: Visit): Promise<RunEnd> {
  const { context } = visit;
  const payload = await readRun(job, context);
  try {
    const summary = await bringToEnd(job, payload, visit);
    context.runEnded();
    return announce(summary, payload, context.log);
  } catch (thrown) {
    if (visit.signal.aborted || hasSettledJob(thrown) || isNewer(thrown)) throw thrown;
    return await afterFailure({ job, payload, error: toLoadError(thrown) }, visit);
  }
}

/** The run's summary, where there is one already; else its next steps. */
async function bringToEnd(job: Job, payload: RunPayload, visit: Visit): Promise<SummaryObject> {
  const { context } = visit;
  const ended = await readSummary(payload, context);
  if (ended) return ended;
  const isDecided = DECIDED_STEPS.has(stepOf(job.progress) ?? '');
  const { runId, trigger, setbacks } = payload;
  if (!isDecided)
    context.log.info({ runId, trigger, tables: payload.tables?.length ?? 'all', setbacks }, 'run started');
  const report = (message: string) => progress(job, 'verify', message, context);
  const tables = await context.decideRun(payload, { report, signal: visit.signal });
  visit.signal.throwIfAborted();
  if (await context.cancellations.isRequested(payload.runId)) await cancelLoads(tables, context);
  // Redis may have lost it since the start: more loads than that would begin at once.
  await ensureConcurrency(context.queues, context.concurrency);
  await fanOut({ job, tables, ...context });
  const count = tables.tables.filter(({ loadId }) => loadId !== null).length;
  await progress(job, 'loads', `${plural(count, 'table')} to load`, context);
  if (!isDecided) context.log.info({ runId, load: count, skip: tables.tables.length - count }, 'run decided');
  reached('F6');
  if (await job.moveToWaitingChildren(visit.token)) throw new WaitingChildrenError();
  return finishRun(
    { job, tables, signal: visit.signal, report: (message) => progress(job, 'finish', message, context) },
    { ...context, settle: settler(context.deps, context.log, visit.signal) },
  );
}

async function readSummary(
  { sourceId, runId }: RunPayload,
  { bucket }: ControllerContext,
): Promise<SummaryObject | null> {
  return (await readObject(bucket, objectNames(sourceId).summary(runId), summaryObjectSchema))?.value ?? null;
}

/** A run that is cancelled after its decisions has its loads end one by one, each with its history row. */
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

/**
 * The payload of a run. Where it cannot be read, what was decided goes on from the bucket; a run without decisions fails, with its
 * summary: who looks for that would wait for ever.
 */
async function readRun(job: Job, context: ControllerContext): Promise<RunPayload> {
  try {
    return readPayload(runPayloadSchema, job, context);
  } catch (thrown) {
    const known = runOfName(job);
    if (!known || isNewer(thrown)) throw thrown;
    const { sourceId } = context;
    const payload = { version: 1 as const, sourceId, ...known, tables: null, isForced: false, setbacks: 0 };
    if (await context.bucket.exists(objectNames(sourceId).tables(known.runId))) {
      context.log.warn({ runId: known.runId }, 'the run goes on from what was decided');
      return payload;
    }
    await endWithError({ payload, error: toLoadError((thrown as Error).cause) }, context);
    throw thrown;
  }
}

async function progress(job: Job, step: RunStep, message: string, context: ControllerContext): Promise<void> {
  await job.updateProgress({ step, message });
  await job.log(`${context.now().toISOString()} ${message}`);
}

/** The end of a run as its job tells it: counts, or one line a failed table and what to do. */
function announce(summary: SummaryObject, payload: RunPayload, log: WorkerContext['log']): RunEnd {
  logRunEnd(log, summary);
  const { loaded, skipped } = summary;
  if (summary.status === 'succeeded') return { loaded, skipped, gone: goneOf(summary).map(tableLabel) };
  const failed = summary.error
    ? payload.tables
    : summary.tables.filter(({ status }) => status === 'failed' || status === 'cancelled');
  const named = failed?.map(asArgument).join(' ');
  const command = failed ? `npm run enqueue -- ${named || 'table=…'}` : 'npm run run';
  throw new UnrecoverableError(
    [...failureLines(summary), `Runs are not retried. Load what failed with: ${command}`].join('\n'),
  );
}

interface Failure {
  job: Job;
  payload: RunPayload;
  error: LoadError;
}

/** A run that cannot reach something is tried again; one that may not be ends with its error. */
async function afterFailure(failure: Failure, { token, context }: Visit): Promise<never> {
  const { job, payload } = failure;
  let { error } = failure;
  const setbacks = payload.setbacks + 1;
  const delayMs = Math.round(attemptDelayMs(setbacks, context.random()) * context.delayFactor);
  const resumesAt = context.now().getTime() + delayMs;
  const isLast = setbacks > MAX_SETBACKS;
  let summary: SummaryObject | null = null;
  try {
    if (isLast || (await isOver({ payload, error, resumesAt }, context)))
      summary = await endWithError({ payload, error }, context);
  } catch (cause) {
    // No run ends without its summary: who looks for it would wait for ever.
    error = toLoadError(cause);
    if (isLast) throw new UnrecoverableError(describeError(error));
  }
  if (summary) announce(summary, payload, context.log);
  const message = `${describeError(error)}; again in ${Math.round(delayMs / 1_000)} s`;
  context.log.warn({ runId: payload.runId, code: error.code, setbacks, delayMs }, 'run waiting');
  await progress(job, WAITING, message, context);
  await job.updateData({ ...payload, setbacks });
  await job.moveToDelayed(resumesAt, token);
  throw new DelayedError();
}

/** Only a run without decisions grows too old: once they are made its loads go their way, and it can still end as it should. */
async function isOver(
  { payload, error, resumesAt }: { payload: RunPayload; error: LoadError; resumesAt: number },
  { bucket, catchUpMs }: ControllerContext,
): Promise<boolean> {
  if (!error.isTransient) return true;
  if (resumesAt < Date.parse(payload.requestedAt) + catchUpMs) return false;
  return !(await bucket.exists(objectNames(payload.sourceId).tables(payload.runId)));
}

/** Writes the summary of a run that ends before its decisions. Whoever wrote one first is right. */
async function endWithError(
  { payload, error }: Pick<Failure, 'payload' | 'error'>,
  context: ControllerContext,
): Promise<SummaryObject> {
  const { sourceId, runId, trigger, requestedAt } = payload;
  const summary = failedBeforeDecisions({
    sourceId,
    runId,
    trigger,
    startedAt: requestedAt,
    error: { code: error.code, message: describeError(error) },
    now: context.now(),
  });
  if (await createObject(context.bucket, objectNames(sourceId).summary(runId), summary)) return summary;
  return (await readSummary(payload, context)) ?? summary;
}
