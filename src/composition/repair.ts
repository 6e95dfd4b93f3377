import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Queues } from '../queues/queues.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { createRepair, type Repair } from '../workers/repair/repair.ts';
import { type Adapters, clock, loadDeps } from './adapters.ts';

/** The repair of a process, over the real world. */
export function repairOf(
  parts: { config: Config; log: Logger; adapters: Adapters; cancellations: Cancellations; queues: Queues },
  shutdown: AbortSignal,
): Repair {
  const { config, log, adapters, cancellations, queues } = parts;
  const { settings } = config;
  return createRepair({
    ...adapters,
    sourceId: settings.SOURCE_ID,
    queues,
    cancellations,
    deps: loadDeps(config, adapters),
    concurrency: settings.INGEST_CONCURRENCY,
    maxAttempts: settings.INGEST_ATTEMPTS,
    runDeadlineMs: settings.RUN_DEADLINE,
    stageRetentionMs: settings.STAGE_RETENTION,
    now: clock.now,
    log: log.child({ role: 'repair' }),
    shutdown,
  });
}
