import type { Logger } from 'pino';
import { reached, toLoadError } from '../pipeline/errors/index.ts';
import { objectNames, scheduledRunName } from '../pipeline/names/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import { openInstallation } from '../pipeline/run/index.ts';
import type { Queues } from '../queues/queues.ts';
import { requestRun } from '../queues/request-run.ts';
import { isSlotDue, lastSlot, type Schedule, scheduleKey } from './slots.ts';
import { syncSchedules } from './sync-schedules.ts';

const CHECK_EVERY_MS = 60_000;
/** What keeps failing is said again each hour. */
const SAID_AGAIN_MS = 3_600_000;

export interface SchedulerContext {
  queues: Queues;
  bucket: Bucket;
  sourceId: string;
  mysqlHost: string;
  mysqlPort: number;
  schedule: Schedule;
  catchUpMs: number;
  now(): Date;
  log: Logger;
  /** What else is looked at every minute, and brought into order; never throws. */
  repair?(): Promise<void>;
}

/**
 * Adds the run of the last slot if it is due and the bucket does not know it. The tick and the
 * check of every minute both come here; the run's name makes it idempotent. Returns the run it
 * added, or null.
 */
export async function ensureLastSlot(context: SchedulerContext): Promise<string | null> {
  const { bucket, sourceId, schedule, queues } = context;
  const now = context.now();
  const installation = await openInstallation(bucket, { ...context, schedule: scheduleKey(schedule), now });
  const slot = lastSlot(schedule, now);
  const firstSeen = new Date(installation.schedules[scheduleKey(schedule)] ?? now);
  if (!isSlotDue({ slot, now, catchUpMs: context.catchUpMs, firstSeen })) return null;
  const runId = scheduledRunName(slot);
  const names = objectNames(sourceId);
  if ((await bucket.exists(names.tables(runId))) || (await bucket.exists(names.summary(runId)))) return null;
  if (await queues.controller.getJob(runId)) return null;
  reached('F2');
  await requestRun(
    { queues, bucket },
    {
      sourceId,
      runId,
      trigger: 'scheduled',
      tables: null,
      isForced: false,
      requestedAt: now.toISOString(),
    },
  );
  reached('F3');
  return runId;
}

export interface Scheduler {
  stop(): Promise<void>;
}

/**
 * Brings BullMQ's schedules in line, catches up, repairs, and looks again every minute until
 * stopped.
 */
export async function startScheduler(context: SchedulerContext): Promise<Scheduler> {
  const { log, schedule } = context;
  const done = await syncSchedules(context.queues.controller, schedule, context.sourceId);
  log.info({ cron: schedule.cron, timeZone: schedule.timeZone }, `schedule ${done}`);
  reached('F1');
  const check = checker(context);
  await check();
  // There may be much to repair; the start does not wait for it.
  let current = context.repair?.() ?? Promise.resolve();
  const look = async () => {
    await keepSchedules(context);
    await check();
    await context.repair?.();
  };
  const timer = setInterval(() => {
    current = look();
  }, CHECK_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await current;
    },
  };
}

/** Redis may have lost the schedule since the start. */
export async function keepSchedules(
  context: Pick<SchedulerContext, 'queues' | 'schedule' | 'sourceId' | 'log'>,
): Promise<void> {
  const { queues, schedule, sourceId, log } = context;
  try {
    const done = await syncSchedules(queues.controller, schedule, sourceId);
    if (done !== 'unchanged') log.warn({ cron: schedule.cron }, `schedule ${done}: Redis did not have it so`);
  } catch (thrown) {
    // Redis being away is told by the connection itself.
    log.debug({ err: toLoadError(thrown).message }, 'schedule not looked at');
  }
}

/**
 * One look a call. What it cannot do is said when it begins, once an hour while it lasts, and when
 * it is over.
 */
export function checker(context: SchedulerContext): () => Promise<void> {
  const { log, now } = context;
  let said: { message: string; at: number } | null = null;
  return async () => {
    try {
      const runId = await ensureLastSlot(context);
      if (runId) log.info({ runId }, 'run added');
      if (said) log.info('the last slot can be checked again');
      said = null;
    } catch (thrown) {
      const { code, message, isTransient } = toLoadError(thrown);
      const at = now().getTime();
      if (said?.message === message && at - said.at < SAID_AGAIN_MS) return;
      said = { message, at };
      const isOutage = isTransient && code !== 'UNEXPECTED';
      log[isOutage ? 'warn' : 'error'](
        { code, err: message },
        'the last slot could not be checked, and no scheduled run is added; it is tried again each minute',
      );
    }
  };
}
