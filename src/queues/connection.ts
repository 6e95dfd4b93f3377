import { Redis } from 'ioredis';
import { LoadError } from '../pipeline/load-error.ts';
import { checkRedisFacts, readRedisFacts } from './redis-facts.ts';

/** What becomes of a connection. */
export interface ConnectionWatch {
  onError(error: Error): void;
  /** Once, when it is lost. */
  onAway?(): void;
  onBack?(awayMs: number): void;
}

/** A connection for workers: it waits for Redis to come back, as BullMQ demands. Redis being away is not fatal. */
export function createWorkerConnection(url: string, watch: ConnectionWatch): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: true });
  let awaySince: number | null = null;
  redis.on('error', watch.onError);
  redis.on('reconnecting', () => {
    if (awaySince !== null) return;
    awaySince = Date.now();
    watch.onAway?.();
  });
  redis.on('ready', () => {
    if (awaySince !== null) watch.onBack?.(Date.now() - awaySince);
    awaySince = null;
  });
  return redis;
}

/**
 * A connection for commands and for the first look of a service: it fails fast, and refuses a server that would lose jobs.
 * Throws `REDIS_UNREACHABLE`, `REDIS_REFUSED`, `REDIS_TOO_OLD`, `REDIS_EVICTING`.
 */
export async function createProducerConnection(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    connectTimeout: 5_000,
  });
  let heard: Error | null = null;
  // Without a listener ioredis prints the error itself; connect() often says only that the connection was closed.
  redis.on('error', (error) => {
    heard ??= error;
  });
  try {
    await redis.connect();
    checkRedisFacts(await readRedisFacts(redis));
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw cause instanceof LoadError ? cause : classify(heard ?? cause, url);
  }
}

function classify(cause: unknown, url: string): LoadError {
  const { hostname, port } = new URL(url);
  const message = cause instanceof Error ? cause.message : String(cause);
  const where = `Redis at ${hostname}:${port || 6379}`;
  // The replies to AUTH and to commands without it or without the right.
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR .*(AUTH|password))/i.test(message))
    return new LoadError('REDIS_REFUSED', `${where}: ${message}`, { cause });
  return new LoadError('REDIS_UNREACHABLE', `${where} does not answer: ${message}`, { cause });
}
