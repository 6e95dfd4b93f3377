import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { createCancellations } from '../queues/cancellations.ts';
import type { Queues } from '../queues/queues.ts';
import { createRepair, type Repair } from '../workers/repair/repair.ts';
import { type Adapters, clock } from './adapters.ts';

/** The repair of a process, over the real world. */
export function repairOf(
  parts: { config: Config; log: Logger; adapters: Adapters; connection: Redis; queues: Queues },
  shutdown: AbortSignal,
): Repair {
  const { config, log, adapters, connection, queues } = parts;
  const { settings } = config;
  const { stage, destination, engine, endStatements } = adapters;
  const maxAttempts = settings.INGEST_ATTEMPTS;
  return createRepair({
    ...adapters,
    sourceId: settings.SOURCE_ID,
    queues,
    cancellations: createCancellations(connection, settings.SOURCE_ID),
    deps: { stage, destination, engine, endStatements, source: config.source, maxAttempts, ...clock },
    concurrency: settings.INGEST_CONCURRENCY,
    maxAttempts,
    runDeadlineMs: settings.RUN_DEADLINE,
    stageRetentionMs: settings.STAGE_RETENTION,
    now: clock.now,
    log: log.child({ role: 'repair' }),
    shutdown,
  });
}
