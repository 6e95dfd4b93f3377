import { SERVICE_NAMES, type Service } from '../errors/index.ts';
import { type Finding, fail, ok, skipped, warn } from './finding.ts';

const OLDEST_NODE = 24;

export function judgeNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= OLDEST_NODE) return ok('node.version', `Node ${version}`);
  return fail('node.version', `Node ${version}`, `Use Node ${OLDEST_NODE}; npm start brings its own.`);
}

/** What Redis says about itself. */
export interface RedisFacts {
  version: string;
  evictionPolicy: string | null;
  isAppendOnly: boolean;
  /** Milliseconds since 1970; null if there was no snapshot. */
  lastSnapshot: number | null;
  isReplica: boolean;
  /** Its data are not all there yet. */
  isLoading: boolean;
  isCluster: boolean;
  usedBytes: number;
  /** Null without a limit. */
  maxBytes: number | null;
  /** What could not be written to disk last, in Redis' own word; null where all could. */
  persistenceError: string | null;
}

/** From here on there is little room for a large run. */
const FILLED = 0.8;
const MEBIBYTE = 1_048_576;

/** Version and eviction refuse to start anyway; they are told here as well. */
export function judgeRedis(facts: RedisFacts, now: Date): Finding[] {
  return [
    ok('redis.version', `Redis ${facts.version}`),
    facts.evictionPolicy === null
      ? warn(
          'redis.eviction',
          'the server did not report its policy',
          'Make sure that maxmemory-policy is noeviction.',
        )
      : ok('redis.eviction', `maxmemory-policy ${facts.evictionPolicy}`),
    facts.isReplica
      ? fail(
          'redis.role',
          'the server is a replica, to which nothing can be written',
          'Let REDIS_URL name the primary, by an address that follows a failover.',
        )
      : ok('redis.role', 'primary'),
    judgeMemory(facts),
    judgePersistence(facts, now),
  ];
}

function judgeMemory({ usedBytes, maxBytes }: RedisFacts): Finding {
  const used = `${Math.ceil(usedBytes / MEBIBYTE)} MiB used`;
  if (maxBytes === null) return ok('redis.memory', `${used}, no limit`);
  const found = `${used} of ${Math.ceil(maxBytes / MEBIBYTE)} MiB`;
  const fix = 'Raise maxmemory: where it is reached no run, load or history row is taken any more.';
  if (usedBytes >= maxBytes) return fail('redis.memory', found, fix);
  return usedBytes >= FILLED * maxBytes ? warn('redis.memory', found, fix) : ok('redis.memory', found);
}

function judgePersistence({ isAppendOnly, lastSnapshot, persistenceError }: RedisFacts, now: Date): Finding {
  if (persistenceError !== null)
    return fail(
      'redis.persistence',
      `Redis could not write to disk: ${persistenceError}`,
      'See the log of Redis: disk space and rights of its folder. It may refuse every write until it can.',
    );
  if (isAppendOnly) return ok('redis.persistence', 'append-only file');
  const fix =
    'Set appendonly yes. After a loss the next run finds out what happened, but delayed retries and finished jobs are forgotten.';
  if (lastSnapshot === null) return warn('redis.persistence', 'nothing is written to disk', fix);
  const hours = ((now.getTime() - lastSnapshot) / 3_600_000).toFixed(1);
  return warn('redis.persistence', `snapshots only, the last ${hours} h ago`, fix);
}

/** A process of this installation that is alive. */
export interface ProcessFacts {
  /** `host:pid`. */
  name: string;
  roles: readonly string[];
  version: string;
  /** Settings that are no secret, as text. */
  settings: Readonly<Record<string, string>>;
}

/**
 * Processes of one installation must be told the same: concurrency lives in Redis, and whoever
 * starts last sets it.
 */
export function judgeProcesses(self: ProcessFacts, alive: readonly ProcessFacts[]): Finding[] {
  const all = [...alive, self];
  const keys = [...new Set(all.flatMap(({ settings }) => Object.keys(settings)))].sort();
  const differing = keys.flatMap((key) => {
    const values = Map.groupBy(all, ({ settings }) => settings[key] ?? '(unset)');
    if (values.size < 2) return [];
    const told = [...values].map(([value, who]) => `${value} (${who.map(({ name }) => name).join(', ')})`);
    return [
      fail(
        'settings.processes',
        `${key} differs: ${told.join('; ')}`,
        'Give every process the same settings, and restart those with the old ones.',
      ),
    ];
  });
  const versions = new Set(all.map(({ version }) => version));
  if (versions.size > 1)
    differing.push(
      warn(
        'settings.processes',
        `versions differ: ${[...versions].join(', ')}`,
        'Bring every process to one version.',
      ),
    );
  const roles = alive.flatMap((one) => one.roles);
  const missing = ['worker', 'scheduler'].filter((role) => !roles.includes(role));
  const living = alive.map(({ name, roles: its }) => `${name} (${its.join(', ')})`).join('; ');
  const alone =
    missing.length === 0
      ? ok('processes.alive', living)
      : warn(
          'processes.alive',
          living || 'no process of this installation is alive',
          `Start one: npm start (missing: ${missing.join(', ')}).`,
        );
  const same =
    alive.length > 0
      ? ok('settings.processes', 'all alive have these settings')
      : skipped('settings.processes', 'no process is alive to compare with');
  return [alone, ...(differing.length > 0 ? differing : [same])];
}

/** A service that is away, as the workers have found it. */
export interface OutageFacts {
  service: Service;
  /** ISO. */
  since: string;
  why: string;
}

/** Whether all loads are held back because a service is away. */
export function judgeOutage(outage: OutageFacts | null): Finding {
  if (!outage) return ok('loads.outage', 'no load is held back by an outage');
  const { service, since, why } = outage;
  return fail(
    'loads.outage',
    `no load begins: ${SERVICE_NAMES[service]} is away since ${since.slice(0, 19)} (UTC): ${why}`,
    'Nothing has to be done to the loads: workers ask it every few seconds and go on by themselves; see what is wrong with the service.',
  );
}
