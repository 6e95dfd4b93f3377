import { type ErrorCode, LoadError } from '../pipeline/errors/index.ts';

/**
 * What a Redis that answers may answer instead of doing it, by the first word. Redis before 7 puts
 * it behind the script's line.
 */
const REPLIES: readonly [words: string, code: ErrorCode][] = [
  ['READONLY', 'REDIS_READ_ONLY'],
  ['OOM', 'REDIS_FULL'],
  ['MISCONF', 'REDIS_NOT_WRITING'],
  ['LOADING|MASTERDOWN|BUSY|NOREPLICAS|TRYAGAIN|ERR max number of clients', 'REDIS_NOT_READY'],
  ['MOVED|ASK|CLUSTERDOWN|CROSSSLOT', 'REDIS_IN_CLUSTER'],
  [
    'WRONGPASS|NOAUTH|NOPERM|DENIED|ERR .*(AUTH|password)|ERR ACL failure|ERR .*user executing the script',
    'REDIS_REFUSED',
  ],
];
const PATTERNS = REPLIES.map(([words, code]) => [new RegExp(`(^|: ?-)(${words})\\b`, 'i'), code] as const);

/** `Redis at host:port`. */
export function redisAt(url: string): string {
  const { hostname, port } = new URL(url);
  return `Redis at ${hostname}:${port || 6379}`;
}

/** A refusal by its own code; null for what is none. `where` begins the message. */
export function classifyReply(thrown: unknown, where: string): LoadError | null {
  if (!(thrown instanceof Error) || thrown instanceof LoadError) return null;
  // A transaction says only that it was given up; what gave it up stands beside it.
  const [first] = (thrown as { previousErrors?: Error[] }).previousErrors ?? [];
  const { message } = first ?? thrown;
  const [, code] = PATTERNS.find(([pattern]) => pattern.test(message)) ?? [];
  return code ? new LoadError(code, `${where}: ${message}`, { cause: thrown }) : null;
}
