import { parentPort, workerData } from 'node:worker_threads';
import { createWorkerConnection } from './connection.ts';
import { BEAT_MS, lifeSignsKey, ownLife } from './life-signs.ts';

/** What the thread is started with. */
export interface BeatOrders {
  redisUrl: string;
  sourceId: string;
  processId: string;
  /** Ids of BullMQ's workers: their locks are this process's. */
  workers: readonly string[];
}

const MARK = 'adutora-beats';
/** What a thread of ours is started with; whoever merely imports this file starts nothing. */
export const beatData = (orders: BeatOrders) => ({ [MARK]: orders });

/**
 * Shows that the process lives. A thread of its own: the main one may be busy for many seconds, and
 * is alive all the same.
 */
function beat({ redisUrl, sourceId, processId, workers }: BeatOrders): void {
  const redis = createWorkerConnection(redisUrl, { onError: () => undefined });
  const life = ownLife();
  let count = 0;
  let isUnderWay = false;
  const show = () => {
    // Signs that were kept back while Redis was away would tell of the past.
    if (isUnderWay || redis.status !== 'ready') return;
    isUnderWay = true;
    count += 1;
    redis
      .hset(lifeSignsKey(sourceId), processId, JSON.stringify({ ...life, beat: count, workers }))
      .catch(() => undefined)
      .finally(() => {
        isUnderWay = false;
      });
  };
  setInterval(show, BEAT_MS);
  redis.on('ready', show);
}

const orders = (workerData as Partial<ReturnType<typeof beatData>> | null)?.[MARK];
if (orders && parentPort) beat(orders);
