import { type Job, Worker, type WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { queuePrefix } from '../pipeline/names/index.ts';
import { WORKER_OPTIONS } from '../queues/job-options.ts';
import type { QueueName } from '../queues/queues.ts';
import { createTolerantBackend } from '../queues/tolerant-backend.ts';
import type { HeldJobs } from './held-jobs.ts';
import { type Processor, settleJob } from './settle-job.ts';

export interface WorkerContext {
  connection: Redis;
  sourceId: string;
  log: Logger;
  /** Aborts at shutdown: active jobs are handed back at once, without using an attempt. */
  shutdown: AbortSignal;
  /** Knows what this process holds, for when it finds that it was stopped for a while. */
  held?: HeldJobs | undefined;
}

/**
 * A BullMQ worker whose jobs go back to the front of the queue when this process is told to stop.
 */
export function createWorker<T extends { sourceId: string }>(
  queue: QueueName,
  processor: Processor<T>,
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
        return await settleJob(processor, { job, token: token ?? '', signal: either, worker, context });
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
