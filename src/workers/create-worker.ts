import {
  DelayedError,
  type Job,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { LoadError } from '../pipeline/errors/index.ts';
import { queuePrefix } from '../pipeline/names/index.ts';
import { WORKER_OPTIONS } from '../queues/job-options.ts';
import type { QueueName } from '../queues/queues.ts';
import { createTolerantBackend } from '../queues/tolerant-backend.ts';
import { wakeWorkers } from '../queues/wake-workers.ts';
import type { HeldJobs } from './held-jobs.ts';
import { WAITING } from './job-steps.ts';

/** How soon a job that only a newer worker can read comes back. */
const NEWER_AGAIN_MS = 10_000;

export interface WorkerContext {
  connection: Redis;
  sourceId: string;
  log: Logger;
  /** Aborts at shutdown: active jobs are handed back at once, without using an attempt. */
  shutdown: AbortSignal;
  /** Knows what this process holds, for when it finds that it was stopped for a while. */
  held?: HeldJobs | undefined;
}

/** A processor: parses, calls one use case, translates the outcome. `signal` aborts at shutdown or when the lock is lost. */
export type Processor = (job: Job, token: string, signal: AbortSignal) => Promise<unknown>;

/** A BullMQ worker whose jobs go back to the front of the queue when this process is told to stop. */
export function createWorker(
  queue: QueueName,
  processor: Processor,
  context: WorkerContext,
  options: Pick<WorkerOptions, 'concurrency' | 'limiter' | 'maximumRateLimitDelay'> = {},
): Worker {
  const { shutdown, log } = context;
  const worker: Worker = new Worker(
    queue,
    // BullMQ hands over its signal only to functions that name three parameters.
    async (job: Job, token: string | undefined, signal: AbortSignal | undefined) => {
      const either = AbortSignal.any(signal ? [signal, shutdown] : [shutdown]);
      const holding = context.held?.hold({ worker, id: job.id ?? '', token: token ?? '' });
      try {
        return await processor(job, token ?? '', either);
      } catch (error) {
        if (isNewer(error)) return await handOver(job, token, { error, log });
        if (!shutdown.aborted || hasSettledJob(error)) throw error;
        await job.moveToWait(token);
        await wakeWorkers(worker, context.connection);
        throw new WaitingError();
      } finally {
        holding?.release();
      }
    },
    { ...WORKER_OPTIONS, ...options, connection: context.connection, prefix: queuePrefix(context.sourceId) },
    createTolerantBackend,
  );
  worker.on('error', (error) => log.warn({ queue, err: error.message }, 'worker error'));
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, 'lock lost');
  });
  return worker;
}

/** What only a newer worker can read, during a rolling upgrade. Work on it uses up nothing. */
export function isNewer(error: unknown): error is LoadError {
  return error instanceof LoadError && error.code === 'NEWER_VERSION';
}

/** Leaves a job to a newer worker: it comes back a little later, to whoever takes it then. */
async function handOver(
  job: Job,
  token: string | undefined,
  { error, log }: { error: LoadError; log: Logger },
): Promise<never> {
  log.warn({ queue: job.queueName, job: job.id, code: error.code }, error.message);
  await job.updateProgress({ step: WAITING, message: `waits for a newer worker: ${error.message}` });
  await job.moveToDelayed(Date.now() + NEWER_AGAIN_MS, token);
  throw new DelayedError();
}

/** Errors that say what became of the job already. */
export function hasSettledJob(error: unknown): boolean {
  return (
    error instanceof DelayedError ||
    error instanceof WaitingChildrenError ||
    error instanceof UnrecoverableError
  );
}
