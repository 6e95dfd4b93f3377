import { type Job, UnrecoverableError } from 'bullmq';
import type { z } from 'zod';
import { describeError, toLoadError } from '../pipeline/errors/index.ts';
import { parsePayload } from '../queues/payloads.ts';
import type { WorkerContext } from './create-worker.ts';

/**
 * The payload of a job. One that cannot be read fails for good, and is named in the log: nothing else would tell of it. A newer
 * worker's is thrown as `NEWER_VERSION`, with which the job goes back.
 */
export function readPayload<T extends { sourceId: string }>(
  schema: z.ZodType<T>,
  job: Job,
  { sourceId, log }: Pick<WorkerContext, 'sourceId' | 'log'>,
): T {
  try {
    return parsePayload(schema, job, sourceId);
  } catch (thrown) {
    const error = toLoadError(thrown);
    if (error.code === 'NEWER_VERSION') throw error;
    log.error({ queue: job.queueName, job: job.id, code: error.code }, error.message);
    throw Object.assign(new UnrecoverableError(describeError(error)), { cause: error });
  }
}
