import { Worker as Thread } from 'node:worker_threads';
import type { Redis } from 'ioredis';
import { type BeatOrders, beatData } from './beat-thread.ts';
import { lifeSignsKey, newProcessId } from './life-signs.ts';

/**
 * A thread that has ended by itself is started anew this much later, long before its silence is
 * taken for a death.
 */
const AGAIN_MS = 1_000;

/** The signs of life of this process. */
export interface Beats {
  readonly processId: string;
  /** Ends the signs, and takes the last away: who has ended in order is not dead. */
  stop(): Promise<void>;
}

/**
 * Shows others every half second that this process lives, by a thread that no work of ours holds
 * up.
 */
export function startBeats(redis: Redis, orders: Omit<BeatOrders, 'processId'>): Beats {
  const processId = newProcessId();
  let isStopped = false;
  let thread = begin();
  function begin(): Thread {
    const started = new Thread(new URL('./beat-thread.ts', import.meta.url), {
      workerData: beatData({ ...orders, processId }),
    });
    started.unref();
    started.on('error', () => undefined);
    started.on('exit', () => {
      if (isStopped) return;
      setTimeout(() => {
        if (!isStopped) thread = begin();
      }, AGAIN_MS).unref();
    });
    return started;
  }
  return {
    processId,
    stop: async () => {
      isStopped = true;
      await thread.terminate();
      // Redis may be away: the sign then ends by its age.
      if (redis.status === 'ready')
        await redis.hdel(lifeSignsKey(orders.sourceId), processId).catch(() => undefined);
    },
  };
}
