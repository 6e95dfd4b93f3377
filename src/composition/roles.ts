import { hostname } from 'node:os';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type Board, type BoardInput, startBoard } from '../board/board.ts';
import type { Config } from '../config/config.ts';
import { type TableRef, tableKey, VERSION } from '../pipeline/names/index.ts';
import { decideRun, openInstallation, reshapeLoad } from '../pipeline/run/index.ts';
import { isPaused, readPauses } from '../pipeline/verify/index.ts';
import { ensureConcurrency } from '../queues/concurrency.ts';
import { loadingTables } from '../queues/loading-tables.ts';
import { closeQueues, createQueues, type Queues } from '../queues/queues.ts';
import { type Cancellations, createCancellations } from '../redis/cancellations.ts';
import { createProducerConnection, createWorkerConnection } from '../redis/connection.ts';
import { announceProcess, type ProcessRecord } from '../redis/processes.ts';
import { tryWriting } from '../redis/redis-facts.ts';
import { createSubmissionPace } from '../redis/submissions.ts';
import {
  ensureLastSlot,
  type Scheduler,
  type SchedulerContext,
  startScheduler,
} from '../scheduler/scheduler.ts';
import { scheduleKey } from '../scheduler/slots.ts';
import type { Circuit } from '../workers/circuit.ts';
import { createControllerWorker } from '../workers/controller.ts';
import { createHeldJobs, type HeldJobs } from '../workers/held-jobs.ts';
import { createHistoryWorker } from '../workers/history.ts';
import { createIngestWorker } from '../workers/ingest.ts';
import type { Repair } from '../workers/repair/repair.ts';
import { type Adapters, clock, createAdapters, loadDeps, verifySettings } from './adapters.ts';
import { createServiceCircuit } from './circuit.ts';
import { startLife } from './life.ts';
import { repairOf } from './repair.ts';

const PAUSES_AGE_MS = 3_000;

export const ROLES = ['scheduler', 'worker', 'board'] as const;
export type Role = (typeof ROLES)[number];

export interface Running {
  boardUrl: string | null;
  /** Takes no new work, hands active jobs back, closes everything. */
  stop(): Promise<void>;
}

interface Parts {
  config: Config;
  log: Logger;
  adapters: Adapters;
  connection: Redis;
  queues: Queues;
  cancellations: Cancellations;
  schedule: SchedulerContext;
  /** Shortens waiting in tests; 1 in production. */
  delayFactor: number;
}

/**
 * Starts the roles of this process. Throws where a setting or a dependency is wrong from the start.
 */
export async function startRoles(
  config: Config,
  roles: readonly Role[],
  options: { log: Logger; delayFactor?: number },
): Promise<Running> {
  // The workers' own connection waits for Redis for ever, which is right once it has been there.
  const first = await createProducerConnection(config.settings.REDIS_URL);
  await tryWriting(first, config.settings.SOURCE_ID).finally(() => first.disconnect());
  const parts = createParts(config, options);
  const shutdown = new AbortController();
  const workers: Worker[] = [];
  let scheduler: Scheduler | null = null;
  let board: Board | null = null;
  let announced: { stop(): Promise<void> } | null = null;
  let life: { stop(): Promise<void> } | null = null;
  const stop = async () => {
    shutdown.abort(new Error('shutdown'));
    await announced?.stop();
    await scheduler?.stop();
    await Promise.all(workers.map((worker) => worker.close()));
    await life?.stop();
    await board?.close();
    await closeQueues(parts.queues);
    parts.connection.disconnect();
    await parts.adapters.close();
  };
  try {
    await openInstallation(parts.adapters.bucket, {
      ...parts.schedule,
      schedule: scheduleKey(parts.schedule.schedule),
      now: clock.now(),
    });
    announced = announceProcess(parts.connection, config.settings.SOURCE_ID, processRecord(config, roles));
    if (roles.includes('board')) board = await startBoard(boardInput(parts));
    const repair = repairOf(parts, shutdown.signal);
    if (roles.includes('worker')) {
      const worker = { ...parts, log: parts.log.child({ role: 'worker' }), held: createHeldJobs() };
      const circuit = createServiceCircuit(config, worker);
      workers.push(...(await startWorkers({ ...worker, circuit, repair }, shutdown.signal)));
      life = startLife(config, { ...worker, circuit, workers });
    }
    if (roles.includes('scheduler'))
      scheduler = await startScheduler({ ...parts.schedule, repair: repair.look });
  } catch (error) {
    await stop();
    throw error;
  }
  return { boardUrl: board?.url ?? null, stop };
}

/** This process as others see it. */
export function processRecord(config: Config, roles: readonly Role[]): ProcessRecord {
  return {
    name: `${hostname()}:${process.pid}`,
    roles: [...roles],
    version: VERSION,
    startedAt: clock.now().toISOString(),
    settings: { ...config.comparableSettings },
  };
}

function createParts(config: Config, { log, delayFactor = 1 }: { log: Logger; delayFactor?: number }): Parts {
  const { settings } = config;
  const sourceId = settings.SOURCE_ID;
  const warn = (error: Error) => log.warn({ err: error.message }, 'redis');
  const connection = createWorkerConnection(settings.REDIS_URL, {
    onError: warn,
    onAway: () => log.warn('redis is away'),
    onBack: (awayMs) => log.info({ awayMs }, 'redis is back'),
  });
  const queues = createQueues({ connection, sourceId, onError: warn });
  const adapters = createAdapters(config, 'service', {
    delayFactor,
    paceSubmission: createSubmissionPace({
      redis: connection,
      sourceId,
      perMinute: settings.DATAPROC_SUBMITS_PER_MINUTE,
      sleep: clock.sleep,
    }),
  });
  const schedule: SchedulerContext = {
    queues,
    bucket: adapters.bucket,
    sourceId,
    mysqlHost: settings.MYSQL_HOST,
    mysqlPort: settings.MYSQL_PORT,
    schedule: { cron: settings.SCHEDULE_CRON, timeZone: settings.SCHEDULE_TIMEZONE },
    catchUpMs: settings.SCHEDULE_CATCH_UP,
    now: clock.now,
    log: log.child({ role: 'scheduler' }),
  };
  const cancellations = createCancellations(connection, sourceId);
  return { config, log, adapters, connection, queues, cancellations, schedule, delayFactor };
}

function boardInput({ config, queues, log }: Parts): BoardInput {
  const { settings } = config;
  const { BOARD_USER: user, BOARD_PASSWORD: password } = settings;
  return {
    queues: Object.values(queues),
    host: settings.BOARD_HOST,
    port: settings.BOARD_PORT,
    title: `Adutora · ${settings.SOURCE_ID}`,
    log: log.child({ role: 'board' }),
    login: user !== undefined && password !== undefined ? { user, password } : undefined,
    names: settings.BOARD_NAMES ?? [],
    isReadOnly: settings.BOARD_READ_ONLY,
  };
}

async function startWorkers(
  parts: Parts & { held: HeldJobs; circuit: Circuit; repair: Repair },
  shutdown: AbortSignal,
): Promise<Worker[]> {
  const { config, queues, cancellations, adapters, connection, schedule, held, circuit, repair, log } = parts;
  const { settings } = config;
  await ensureConcurrency(queues, settings.INGEST_CONCURRENCY);
  const context = {
    connection,
    sourceId: settings.SOURCE_ID,
    log,
    shutdown,
    held,
  };
  const maxAttempts = settings.INGEST_ATTEMPTS;
  const { bucket, history } = adapters;
  const deps = loadDeps(config, adapters);
  return [
    createControllerWorker({
      ...context,
      ...clock,
      queues,
      bucket,
      cancellations,
      history,
      deps,
      maxAttempts,
      catchUpMs: Math.min(settings.SCHEDULE_CATCH_UP, settings.RUN_DEADLINE),
      delayFactor: parts.delayFactor,
      concurrency: settings.INGEST_CONCURRENCY,
      runEnded: () => void repair.look(),
      tick: () => ensureLastSlot(schedule),
      decideRun: (payload, watch) =>
        decideRun({ ...payload, startedAt: payload.requestedAt }, verifySettings(config), {
          ports: adapters,
          now: clock.now,
          isCancelled: () => cancellations.isRequested(payload.runId),
          loadingElsewhere: async () => new Set((await loadingTables(queues, payload.runId)).map(tableKey)),
          ...watch,
        }),
    }),
    createIngestWorker({
      ...context,
      queues,
      concurrency: settings.INGEST_CONCURRENCY,
      circuit,
      delayFactor: parts.delayFactor,
      deps,
      cancellations,
      isPaused: pausesReader(bucket, settings.SOURCE_ID),
      reshape: (load, attemptNumber) =>
        reshapeLoad({ load, attemptNumber }, verifySettings(config), adapters),
    }),
    createHistoryWorker({ ...context, queues, history }),
  ];
}

/** Whether a table is paused, asked of the bucket at most every few seconds. */
function pausesReader(bucket: Adapters['bucket'], sourceId: string): (table: TableRef) => Promise<boolean> {
  let read: { at: number; pauses: ReturnType<typeof readPauses> } | null = null;
  return async (table) => {
    if (!read || Date.now() - read.at > PAUSES_AGE_MS) {
      read = { at: Date.now(), pauses: readPauses(bucket, sourceId) };
      read.pauses.catch(() => {
        read = null;
      });
    }
    return isPaused(await read.pauses, table);
  };
}
