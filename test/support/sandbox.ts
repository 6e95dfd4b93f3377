import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { pino } from 'pino';
import { type Adapters, createAdapters } from '../../src/composition/adapters.ts';
import { type Role, type Running, startRoles } from '../../src/composition/roles.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { manualRunName, objectNames } from '../../src/pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { closeQueues, createQueues, type Queues } from '../../src/queues/queues.ts';
import { requestRun } from '../../src/queues/request-run.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { connectAsAdmin, createSchema, freshInstallation } from './stack-env.ts';
import { FAR_POLL_MS, until } from './wait.ts';

/** An installation of a test's own on the private stack: schema, source id, queues, adapters. */
export interface Sandbox {
  schema: string;
  env: Record<string, string>;
  config: Config;
  admin: Connection;
  adapters: Adapters;
  queues: Queues;
  /** What the roles of this process have logged; secrets are not cut out. */
  lines: readonly string[];
  /** Starts roles in this process. */
  start(roles: readonly Role[]): Promise<Running>;
  /** Adds a run and waits for its summary. */
  run(tables?: readonly string[]): Promise<SummaryObject>;
  close(): Promise<void>;
}

/**
 * `rules` is the text of an adutora.yml, or makes it of the schema's name; `connect` leads to
 * another server than the stack's, which `changes` must name too.
 */
export async function openSandbox(
  changes: Record<string, string> = {},
  rules?: string | ((schema: string) => string),
  connect = connectAsAdmin,
): Promise<Sandbox> {
  const schema = await createSchema(connect);
  const env = { ...freshInstallation([schema.name]), SETTLE_SECONDS: '1', ...changes };
  // A folder of the test's own: a checkout's .env or adutora.yml must not count.
  const folder = await mkdtemp(join(tmpdir(), 'adutora-sandbox-'));
  const text = typeof rules === 'function' ? rules(schema.name) : rules;
  if (text !== undefined) await writeFile(join(folder, 'adutora.yml'), text);
  const config = loadConfig(env, folder);
  await rm(folder, { recursive: true });
  const sourceId = config.settings.SOURCE_ID;
  const admin = await connect({ database: schema.name });
  await admin.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  const adapters = createAdapters(config);
  const connection = await createProducerConnection(config.settings.REDIS_URL);
  const queues = createQueues({ connection, sourceId, onError: () => undefined });
  const running: Running[] = [];
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  return {
    lines,
    schema: schema.name,
    env,
    config,
    admin,
    adapters,
    queues,
    start: async (roles) => {
      const started = await startRoles(config, roles, { log, delayFactor: 0.01 });
      running.push(started);
      return started;
    },
    run: (tables) => runAndWait({ schema: schema.name, sourceId, queues, adapters }, tables),
    close: async () => {
      await Promise.all(running.map((one) => one.stop()));
      await closeQueues(queues);
      connection.disconnect();
      await adapters.close();
      await admin.end();
      await schema.drop();
    },
  };
}

async function runAndWait(
  {
    schema,
    sourceId,
    queues,
    adapters,
  }: { schema: string; sourceId: string; queues: Queues; adapters: Adapters },
  tables?: readonly string[],
): Promise<SummaryObject> {
  const runId = manualRunName(new Date(), Math.random().toString(16).slice(2, 6).padEnd(4, '0'));
  await requestRun(
    { queues, bucket: adapters.bucket },
    {
      sourceId,
      runId,
      trigger: 'manual',
      tables: tables ? tables.map((table) => ({ schema, table })) : null,
      isForced: tables !== undefined,
      requestedAt: new Date().toISOString(),
    },
  );
  return waitForSummary({ sourceId, runId, adapters });
}

async function waitForSummary({
  sourceId,
  runId,
  adapters,
}: {
  sourceId: string;
  runId: string;
  adapters: Adapters;
}): Promise<SummaryObject> {
  return until(
    async () =>
      (await readObject(adapters.bucket, objectNames(sourceId).summary(runId), summaryObjectSchema))?.value,
    FAR_POLL_MS,
  );
}
