import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** The jobs that the workers of one process hold now. */
export interface HeldJobs {
  hold(job: { worker: Worker; id: string; token: string }): { release(): void };
  /**
   * Ends the work on jobs that others have taken over, as a process finds them that was stopped for
   * a while.
   */
  dropLost(redis: Redis): Promise<void>;
}

export function createHeldJobs(): HeldJobs {
  const held = new Set<{ worker: Worker; id: string; token: string }>();
  return {
    hold: (job) => {
      held.add(job);
      return { release: () => void held.delete(job) };
    },
    dropLost: async (redis) => {
      await Promise.all(
        [...held].map(async (job) => {
          const { worker, id, token } = job;
          const lock = await redis.get(`${worker.toKey(id)}:lock`);
          if (lock !== token && held.has(job)) worker.cancelJob(id, 'lock lost');
        }),
      );
    },
  };
}
