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
import { WORKER_OPTIONS } from '../queues/job-options.ts';
import { type QueueName, queuePrefix } from '../queues/queues.ts';
import { createTolerantBackend } from '../queues/tolerant-backend.ts';

export interface WorkerContext {
  connection: Redis;
  sourceId: string;
  log: Logger;
  /** Aborts at shutdown: active jobs are handed back at once, without using an attempt. */
  shutdown: AbortSignal;
}

/** A processor: parses, calls one use case, translates the outcome. `signal` aborts at shutdown or when the lock is lost. */
export type Processor = (job: Job, token: string, signal: AbortSignal) => Promise<unknown>;

/** A BullMQ worker whose jobs go back to the front of the queue when this process is told to stop. */
export function createWorker(
  queue: QueueName,
  processor: Processor,
  context: WorkerContext,
  options: Pick<WorkerOptions, 'concurrency'> = {},
): Worker {
  const { shutdown, log } = context;
  const worker = new Worker(
    queue,
    // BullMQ hands over its signal only to functions that name three parameters.
    async (job: Job, token: string | undefined, signal: AbortSignal | undefined) => {
      const either = AbortSignal.any(signal ? [signal, shutdown] : [shutdown]);
      try {
        return await processor(job, token ?? '', either);
      } catch (error) {
        if (!shutdown.aborted || hasSettledJob(error)) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
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

/** Errors that say what became of the job already. */
export function hasSettledJob(error: unknown): boolean {
  return (
    error instanceof DelayedError ||
    error instanceof WaitingChildrenError ||
    error instanceof UnrecoverableError
  );
}
