import type { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/**
 * Wakes workers that wait for a job: BullMQ does not, where one with a priority is put back, and
 * they would notice after up to 5 s.
 */
export async function wakeWorkers(queue: Pick<Queue | Worker, 'toKey'>, redis: Redis): Promise<void> {
  await redis.zadd(queue.toKey('marker'), 0, '0');
}
