import { Redis } from 'ioredis';
import { LoadError } from '../pipeline/load-error.ts';

/** A connection for workers: it waits for Redis to come back, as BullMQ demands. Errors go to `onError`; Redis being away is not fatal. */
export function createWorkerConnection(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: true });
  redis.on('error', onError);
  return redis;
}

/** A connection for commands: it fails fast. Throws `REDIS_UNREACHABLE`. */
export async function createProducerConnection(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    connectTimeout: 5_000,
  });
  // Without a listener ioredis prints the error itself; connect() below reports it.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return redis;
  } catch (cause) {
    redis.disconnect();
    const { hostname, port } = new URL(url);
    throw new LoadError(
      'REDIS_UNREACHABLE',
      `Redis at ${hostname}:${port || 6379} does not answer: ${(cause as Error).message}`,
      { cause },
    );
  }
}
