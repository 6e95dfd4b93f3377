import {
  DelayedError,
  type Job,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
  type Worker,
} from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { describeFailure, LoadError, toLoadError } from '../pipeline/errors/index.ts';
import { parsePayload } from '../queues/payloads.ts';
import { wakeWorkers } from '../queues/wake-workers.ts';
import { WAITING } from './job-steps.ts';

/** How soon a job that only a newer worker can read comes back. */
const NEWER_AGAIN_MS = 10_000;

/**
 * What became of a job, as its processor says. `data` is the payload that the job keeps from now
 * on; unchanged unless given.
 */
export type JobOutcome<T> =
  /** It is over, and returns `result`. */
  | { outcome: 'done'; result: unknown }
  /** Something has failed, and is tried again after `delayMs`. */
  | { outcome: 'later'; delayMs: number; data: T }
  /**
   * Nothing has failed: it looks again after `delayMs`, and holds no slot until then. `why` is
   * shown as its progress.
   */
  | { outcome: 'waiting'; delayMs: number; why: string; data?: T }
  /**
   * It goes on when its children have ended; with `whenNoneIsOpen` at once, where all of them have.
   */
  | { outcome: 'children'; whenNoneIsOpen(): Promise<JobOutcome<T>> }
  /** It has failed for good. `whenStored` runs between the job's data and the job's end. */
  | { outcome: 'failed'; message: string; data?: T; whenStored?(): Promise<void> };

/** A job as its processor gets it. `signal` aborts at shutdown or when the lock is lost. */
export interface JobContext<T> {
  job: Job;
  payload: T;
  signal: AbortSignal;
}

/** What one queue's jobs are worked on by. It knows nothing of how BullMQ is told. */
export interface Processor<T> {
  schema: z.ZodType<T>;
  work(at: JobContext<T>): Promise<JobOutcome<T>>;
  /**
   * What becomes of a job whose work, or the settling of its outcome, has thrown. Without it
   * BullMQ's own attempts go on.
   */
  afterError?(at: JobContext<T>, error: LoadError): Promise<JobOutcome<T>>;
  /** What is known of a job whose payload cannot be read; null fails it. */
  unreadable?(job: Job, error: LoadError): Promise<T | null>;
  /** Jobs of these names have no payload: what they return. */
  withoutPayload?: Readonly<Record<string, () => Promise<unknown>>>;
}

/** A job in the hands of this process. */
export interface TakenJob {
  job: Job;
  token: string;
  signal: AbortSignal;
  worker: Worker;
  context: { connection: Redis; sourceId: string; log: Logger; shutdown: AbortSignal };
}

/**
 * Has a job worked on, and tells BullMQ what became of it. Nobody else throws BullMQ's control
 * errors.
 *
 * The order of writes is what makes a death between two of them harmless:
 * 1. The processor tells the bucket, then history, how a load has ended (`tell-end.ts`). Whoever
 *    dies after that has told it, and the next worker finds it in the bucket, or the same publish
 *    by its name, and tells the same again under the same keys.
 * 2. The job's data: the next attempt, what was counted, or the failure. Whoever dies after that
 *    leaves a job that is taken up again with the counts it was to have. One that finds its own
 *    failure there does nothing but the steps below.
 * 3. The wish to cancel it is forgotten (`whenStored`). Before step 2 the next worker would find
 *    neither wish nor failure, and load.
 * 4. The job is moved. A delay comes last, because the job belongs to somebody else from then on.
 */
export async function settleJob<T extends { sourceId: string }>(
  processor: Processor<T>,
  taken: TakenJob,
): Promise<unknown> {
  try {
    return await workOn(processor, taken);
  } catch (thrown) {
    if (isNewer(thrown)) return leaveToNewer(thrown, taken);
    if (!taken.context.shutdown.aborted || isControlError(thrown)) throw thrown;
    return handBack(taken);
  }
}

async function workOn<T extends { sourceId: string }>(
  processor: Processor<T>,
  taken: TakenJob,
): Promise<unknown> {
  const { job, signal } = taken;
  const bare = processor.withoutPayload?.[job.name];
  if (bare) return bare();
  const at = { job, payload: await readPayload(processor, taken), signal };
  try {
    return await tell(await processor.work(at), taken);
  } catch (thrown) {
    if (!processor.afterError || signal.aborted || isControlError(thrown) || isNewer(thrown)) throw thrown;
    return tell(await processor.afterError(at, toLoadError(thrown)), taken);
  }
}

/**
 * The payload of a job, read once. One that cannot be read fails for good, and is named in the log:
 * nothing else would tell of it. A newer worker's is thrown as `NEWER_VERSION`, with which the job
 * goes back.
 */
async function readPayload<T extends { sourceId: string }>(
  { schema, unreadable }: Processor<T>,
  { job, context: { sourceId, log } }: TakenJob,
): Promise<T> {
  try {
    return parsePayload(schema, job, sourceId);
  } catch (thrown) {
    const error = toLoadError(thrown);
    if (error.code === 'NEWER_VERSION') throw error;
    log.error({ queue: job.queueName, job: job.id, code: error.code }, error.message);
    const known = await unreadable?.(job, error);
    if (known) return known;
    throw new UnrecoverableError(describeFailure(error));
  }
}

async function tell<T>(outcome: JobOutcome<T>, taken: TakenJob): Promise<unknown> {
  const { job, token } = taken;
  if ('data' in outcome && outcome.data !== undefined) await job.updateData(outcome.data);
  switch (outcome.outcome) {
    case 'done':
      return outcome.result;
    case 'later':
      return delay(taken, outcome.delayMs);
    case 'waiting':
      await job.updateProgress({ step: WAITING, message: outcome.why });
      return delay(taken, outcome.delayMs);
    case 'children':
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      return tell(await outcome.whenNoneIsOpen(), taken);
    case 'failed':
      await outcome.whenStored?.();
      throw new UnrecoverableError(outcome.message);
  }
}

async function delay({ job, token }: TakenJob, delayMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}

/** Leaves a job to a newer worker: it comes back a little later, to whoever takes it then. */
async function leaveToNewer(error: LoadError, taken: TakenJob): Promise<unknown> {
  const { job, context } = taken;
  context.log.warn({ queue: job.queueName, job: job.id, code: error.code }, error.message);
  const why = `waits for a newer worker: ${error.message}`;
  return tell({ outcome: 'waiting', delayMs: NEWER_AGAIN_MS, why }, taken);
}

/**
 * At shutdown a job goes back to the front of its queue, for another process. It has used no
 * attempt.
 */
async function handBack({ job, token, worker, context }: TakenJob): Promise<never> {
  await job.moveToWait(token);
  await wakeWorkers(worker, context.connection);
  throw new WaitingError();
}

/** What only a newer worker can read, during a rolling upgrade. Work on it uses up nothing. */
function isNewer(error: unknown): error is LoadError {
  return error instanceof LoadError && error.code === 'NEWER_VERSION';
}

/** Errors that say what became of the job already. */
function isControlError(error: unknown): boolean {
  return (
    error instanceof DelayedError ||
    error instanceof WaitingChildrenError ||
    error instanceof UnrecoverableError
  );
}
