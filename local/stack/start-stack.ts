import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Component, type Place, StackError } from '../component.ts';
import { startGcs } from '../gcs/gcs.ts';
import { type MysqlPasswords, readPasswords, startMysql } from '../mysql/mysql.ts';
import { startRedis } from '../redis/redis.ts';
import { releaseClaim, tryClaim } from '../tools/claim.ts';
import { DATA_VARIABLE, stopLeftovers } from '../tools/leftovers.ts';
import { choosePorts, onFreePorts, PARTS, type Part, type Ports } from '../tools/ports.ts';
import type { Installed } from './install-all.ts';
import { jobSecrets, PLACE, stackEnv } from './stack-env.ts';
import { startBigQuery, startDataproc } from './stand-ins.ts';

/** A running stack. */
export interface Stack {
  components: readonly Component[];
  /** Every setting of Adutora for this stack, and the MySQL admin's name and password. */
  env: Record<string, string>;
  /** Settles when a part has ended that was not asked to: its name, how, and the end of its log. */
  died: Promise<string>;
  /** Stops the parts one after the other, the last first, then what is left of the Spark jobs. */
  stop(): Promise<void>;
}

/** What to start and where. */
export interface StackInput {
  /** What `installAll` or `installParts` returned. */
  installed: Installed;
  /** Absolute; kept for the next start. One stack at a time may have it. */
  dataDir: string;
  /** `dataDir/log` unless given. */
  logDir?: string;
  /**
   * `default`: those of `npm run stack`; `free`: any, for a stack beside others. Else as chosen
   * before.
   */
  ports: 'default' | 'free' | Ports;
  /** All unless given. Dataproc needs gcs. */
  parts?: readonly Part[];
  /** Settings that replace the stack's own in `env`; jobs get its MYSQL_PASSWORD too. */
  env?: Record<string, string>;
  /** Empties the data folder first. */
  isFresh?: boolean;
  /** Options for the JVMs of Spark's jobs; none unless given. */
  javaOptions?: string;
  /** Gets each part once all answer. */
  report?: (component: Component) => void;
}

/**
 * Starts the parts on loopback and waits until each answers; What was started is stopped again if
 * one part fails. Throws a `StackError`: data folder in use (exit code 2), port taken or part not
 * starting (3).
 */
export async function startStack(input: StackInput): Promise<Stack> {
  const { dataDir } = input;
  const claim = `${dataDir}.lock`;
  await mkdir(dirname(dataDir), { recursive: true });
  const holder = tryClaim(claim);
  if (holder !== 0)
    throw new StackError(
      `The stack is already running, as process ${holder}.`,
      `Use it, or stop it first: Ctrl-C where it runs, or kill ${holder}`,
      2,
    );
  try {
    await stopLeftovers(dataDir);
    return await startClaimed(input, () => releaseClaim(claim));
  } catch (error) {
    releaseClaim(claim);
    throw error;
  }
}

async function startClaimed(input: StackInput, release: () => void): Promise<Stack> {
  const { dataDir, installed, parts = PARTS, javaOptions = '' } = input;
  const chosen = input.ports === 'default' ? await choosePorts('default', parts) : input.ports;
  if (input.isFresh) await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const place = {
    dataDir,
    logDir: input.logDir ?? join(dataDir, 'log'),
    env: { [DATA_VARIABLE]: dataDir },
  };
  const own = readPasswords(dataDir);
  const passwords = { ...own, reader: input.env?.['MYSQL_PASSWORD'] ?? own.reader };
  const begin = async (ports: Ports) => ({
    ports,
    components: await startParts(parts, { place, ports, passwords, installed, javaOptions }),
  });
  const { ports, components } = chosen === 'free' ? await onFreePorts(begin) : await begin(chosen);
  for (const component of components) input.report?.(component);
  let isStopping = false;
  const died = new Promise<string>((resolve) => {
    for (const component of components) void component.died.then((how) => isStopping || resolve(how));
  });
  const stop = async () => {
    isStopping = true;
    await stopParts(components, dataDir);
    release();
  };
  return {
    components,
    env: { ...stackEnv(parts, { ports, passwords, installed }), ...input.env },
    died,
    stop,
  };
}

interface Starting {
  place: Place;
  ports: Ports;
  passwords: MysqlPasswords;
  installed: Installed;
  javaOptions: string;
}

const STARTERS: Record<Part, (starting: Starting) => Promise<Component>> = {
  redis: ({ place, ports }) => startRedis({ ...place, port: ports.redis }),
  mysql: ({ place, ports, passwords }) => startMysql({ ...place, port: ports.mysql, passwords }),
  gcs: ({ place, ports }) =>
    startGcs({ ...place, port: ports.gcs, project: PLACE.project, bucket: PLACE.bucket }),
  bigquery: ({ place, ports }) => startBigQuery({ ...place, ports }),
  dataproc: ({ place, ports, passwords, installed, javaOptions }) =>
    startDataproc({ ...place, ports, installed, javaOptions, secrets: jobSecrets(passwords) }),
};

/**
 * All at once: none needs another to start. The first failure is thrown after the others were
 * stopped.
 */
async function startParts(parts: readonly Part[], starting: Starting): Promise<Component[]> {
  const inOrder = PARTS.filter((part) => parts.includes(part));
  const outcomes = await Promise.allSettled(inOrder.map(async (part) => STARTERS[part](starting)));
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return started;
  await stopParts(started, starting.place.dataDir);
  throw failed.reason;
}

async function stopParts(components: readonly Component[], dataDir: string): Promise<void> {
  for (const component of components.toReversed()) await component.stop();
  await stopLeftovers(dataDir);
}
