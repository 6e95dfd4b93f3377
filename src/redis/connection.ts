import { type Command, Redis } from 'ioredis';
import { LoadError } from '../pipeline/errors/index.ts';
import { classifyReply, redisAt } from './redis-errors.ts';
import { checkRedisFacts, readRedisFacts } from './redis-facts.ts';

/** What becomes of a connection. */
export interface ConnectionWatch {
  onError(error: Error): void;
  /** Once, when it is lost. */
  onAway?(): void;
  onBack?(awayMs: number): void;
}

/** How seldom a connection is made anew because its server has become a replica. */
const READ_ONLY_AGAIN_MS = 5_000;

/** A connection on which a command that Redis refuses fails by a code of ours, whoever sent it. */
class CodedRedis extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const where = `Redis at ${this.options.host}:${this.options.port}`;
    const { reject } = command;
    command.reject = (error) => reject(classifyReply(error, where) ?? error);
    return super.sendCommand(command, stream);
  }
}

/**
 * A connection for workers: it waits for Redis to come back, as BullMQ demands. Redis being away is
 * not fatal.
 */
export function createWorkerConnection(url: string, watch: ConnectionWatch): Redis {
  const redis = new CodedRedis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    reconnectOnError: afterFailover(),
  });
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
 * A connection for commands and for the first look of a service: it fails fast, and refuses a
 * server that would lose jobs. Throws `REDIS_UNREACHABLE`, `REDIS_REFUSED`, `REDIS_TOO_OLD`,
 * `REDIS_EVICTING`, `REDIS_NOT_READY`, `REDIS_IN_CLUSTER`; so does, with `REDIS_READ_ONLY`,
 * `REDIS_FULL` and `REDIS_NOT_WRITING`, what is done over it.
 */
export async function createProducerConnection(url: string): Promise<Redis> {
  const redis = new CodedRedis(url, {
    maxRetriesPerRequest: 1,
    // It would wait without a word for as long as Redis loads its data.
    enableReadyCheck: false,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    connectTimeout: 5_000,
  });
  let heard: Error | null = null;
  // Without a listener ioredis prints the error itself; connect() often says only that the
  // connection was closed.
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
  if (cause instanceof LoadError) return cause;
  const where = redisAt(url);
  const refusal = classifyReply(cause, where);
  if (refusal) return refusal;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new LoadError('REDIS_UNREACHABLE', `${where} does not answer: ${message}`, { cause });
}

/**
 * After a failover the name leads elsewhere, and the connection to the server that has become a
 * replica lives on: it is made anew.
 */
function afterFailover(): (error: Error) => boolean {
  let last = 0;
  return ({ message }) => {
    if (!message.startsWith('READONLY') || Date.now() - last < READ_ONLY_AGAIN_MS) return false;
    last = Date.now();
    return true;
  };
}
