import { type ErrorKind, terminal, transient } from './error-kind.ts';

/** Codes of Redis, of deadlines, and of what nobody classified. */
export const QUEUE_ERRORS = {
  REDIS_UNREACHABLE: transient('Redis cannot be reached.', 'Check REDIS_URL and that Redis runs.', 3),
  REDIS_REFUSED: terminal(
    'Redis refused the login or the command.',
    'Check user and password in REDIS_URL, and the rights of the user: the message names what is missing.',
    3,
  ),
  REDIS_READ_ONLY: transient(
    'Redis is a replica: nothing can be written to it.',
    'Let REDIS_URL name the primary, by an address that follows a failover.',
    3,
  ),
  REDIS_FULL: transient(
    'Redis has reached its maxmemory and takes nothing more.',
    "Raise maxmemory, or remove other users' keys; npm run doctor shows how full it is.",
    3,
  ),
  REDIS_NOT_WRITING: transient(
    'Redis cannot write its data to disk, and refuses writes until it can.',
    'See the log of Redis: disk space and rights of its folder.',
    3,
  ),
  REDIS_NOT_READY: transient(
    'Redis answers, and cannot serve yet: it loads its data, waits for its primary or replicas, or is busy.',
    'Wait and try again; see the log of Redis if it lasts.',
    3,
  ),
  REDIS_IN_CLUSTER: terminal(
    'Redis runs in cluster mode, where the keys of a queue lie on several servers.',
    'Use a Redis, or a managed one, without cluster mode.',
    3,
  ),
  REDIS_TOO_OLD: terminal('Redis is older than 6.2.', 'Use Redis 6.2 or newer, or Valkey.', 3),
  REDIS_EVICTING: terminal(
    'Redis may throw jobs away: its maxmemory-policy is not noeviction.',
    'Set maxmemory-policy to noeviction (redis.conf, or the parameter group of the managed service).',
    3,
  ),
  LOAD_DEADLINE: terminal(
    'The load was not over by its deadline, counted from its first attempt; what read for it was ended.',
    'See what its attempts failed of: npm run history -- table=…. Raise LOAD_DEADLINE where it needs longer.',
  ),
  RUN_DEADLINE: terminal(
    'The run was not over by its deadline, counted from its request: what waited was ended, what ran was cancelled.',
    'Raise RUN_DEADLINE, or INGEST_CONCURRENCY so that more tables load at once; the next run loads what is missing.',
  ),
  LOAD_ABANDONED: transient(
    'The load ended without being able to say why.',
    'Load it again: npm run enqueue -- table=…',
  ),
  UNEXPECTED: transient('An unclassified error.', 'See the message; report it with the log.'),
} as const satisfies Record<string, ErrorKind>;
