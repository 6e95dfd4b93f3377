import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { CommandContext } from '../commands/command.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { LoadError } from '../pipeline/errors/index.ts';
import { tableObjectKey } from '../pipeline/names/index.ts';
import { identityQuery, pick, readServer, sessionStatements } from '../pipeline/source/index.ts';
import { closeQueues, createQueues, type Queues } from '../queues/queues.ts';
import { createCancellations } from '../redis/cancellations.ts';
import { createProducerConnection } from '../redis/connection.ts';
import { createOutages } from '../redis/outages.ts';
import { aliveProcesses } from '../redis/processes.ts';
import { readRedisFacts, tryWriting } from '../redis/redis-facts.ts';
import { takeTableLease } from '../redis/table-lease.ts';
import { createLog } from '../terminal/log.ts';
import { createProgress, type OutputStream } from '../terminal/progress.ts';
import { rememberSettings } from '../terminal/remember-settings.ts';
import { type Adapters, clock, createAdapters, verifySettings } from './adapters.ts';
import { processRecord } from './roles.ts';

/** What a command has around it: a process, or what stands for one. */
export interface Surroundings {
  /** Settings; `process.env` is read where nothing is said. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder of `.env` and `adutora.yml`; the process's own where nothing is said. */
  folder?: string;
  stdout: OutputStream;
  stderr: OutputStream;
}

/** What commands work with, over the real world. Nothing connects before it is asked for. */
export function createCommandContext({ env, folder, stdout, stderr }: Surroundings): {
  context: CommandContext;
  close(): Promise<void>;
} {
  const config = loadConfig(env, folder);
  rememberSettings(config);
  const adapters = createAdapters(config, 'command');
  const progress = createProgress(stderr);
  const note = (line: string) => {
    progress.clear();
    stderr.write(`${line}\n`);
  };
  if (config.origin === 'local stack') note('Settings: local stack (.local/stack.env)');
  const redis = lazyRedis(config, stderr);
  const { SOURCE_ID: sourceId } = config.settings;
  const context: CommandContext = {
    config,
    verify: verifySettings(config),
    ports: adapters,
    query: adapters.query,
    deploy: async () => {
      const { mainUri, moduleUris, jarUris } = await adapters.engines.dataproc.uploadCode();
      return [mainUri, ...moduleUris, ...jarUris];
    },
    nodeVersion: process.versions.node,
    machine: async () => {
      const { connection } = await redis.open();
      const alive = await aliveProcesses(connection, sourceId, Date.now());
      return {
        redis: await readRedisFacts(connection),
        outage: await createOutages(connection, sourceId).current(),
        processes: { self: { ...processRecord(config, []), name: 'this command' }, alive },
      };
    },
    tryWritingRedis: async () => tryWriting((await redis.open()).connection, sourceId),
    probeSource: () => probeSource(config, adapters, note),
    queues: async () => (await redis.open()).queues,
    cancellations: async () => createCancellations((await redis.open()).connection, sourceId),
    tableLease: async (table, holder) => {
      const { connection } = await redis.open();
      return takeTableLease({ redis: connection, sourceId, key: tableObjectKey(table), loadId: holder });
    },
    activity: progress.activity,
    now: clock.now,
    randomSuffix: () => randomBytes(2).toString('hex'),
    note,
    print: (text) => {
      progress.clear();
      stdout.write(`${text}\n`);
    },
  };
  const close = async () => {
    progress.stop();
    await redis.close();
    await adapters.close();
  };
  return { context, close };
}

/** One connection and its queues, from the first time they are asked for. */
function lazyRedis(
  config: Config,
  stderr: OutputStream,
): {
  open(): Promise<{ connection: Redis; queues: Queues }>;
  close(): Promise<void>;
} {
  const log = createLog(config, stderr);
  const { REDIS_URL, SOURCE_ID: sourceId } = config.settings;
  let opening: Promise<{ connection: Redis; queues: Queues }> | null = null;
  const connect = async () => {
    const connection = await createProducerConnection(REDIS_URL);
    const onError = (error: Error) => log.warn({ err: error.message }, 'redis');
    return { connection, queues: createQueues({ connection, sourceId, onError }) };
  };
  return {
    open: () => {
      opening ??= connect();
      return opening;
    },
    close: async () => {
      const open = await opening?.catch(() => null);
      if (!open) return;
      await closeQueues(open.queues);
      open.connection.disconnect();
    },
  };
}

/** Asks the cluster for the server it reaches, in the words in which this machine knows it. */
async function probeSource(
  config: Config,
  { sourceQueries, engines }: Adapters,
  note: (line: string) => void,
): ReturnType<CommandContext['probeSource']> {
  const queries = pick('server', 'boot', 'boot_mariadb')({ schemas: [] });
  const session = sessionStatements();
  // Where only the cluster reaches the source, it is asked in words that every server knows.
  const identity =
    config.settings.VERIFY_RUNNER === 'dataproc'
      ? null
      : await sourceQueries.capture({ session, queries }).then(
          (capture) => readServer(capture).identity,
          () => null,
        );
  const result = await engines.dataproc.probeSource(
    {
      id: randomBytes(4).toString('hex'),
      address: config.address,
      session,
      select: identityQuery(identity ?? 'host:'),
    },
    { signal: new AbortController().signal, report: async ({ message }) => note(message) },
  );
  const [reached, version] = result.server;
  if (!reached) throw new LoadError('SOURCE_QUERY_FAILED', 'The cluster was told nothing by the server.');
  return {
    ...result,
    own: identity?.slice(identity.indexOf(':') + 1) ?? null,
    reached,
    version: version ?? '',
  };
}
