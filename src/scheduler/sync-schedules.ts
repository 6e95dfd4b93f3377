import type { Queue } from 'bullmq';
import { KEEP_FINISHED } from '../queues/job-options.ts';
import type { Schedule } from './slots.ts';

const SCHEDULER_ID = 'daily';
/**
 * A tick that cannot be processed this often is given up: BullMQ's stall limit does not hold for
 * schedulers' jobs (measured).
 */
const TICK_ATTEMPTS = 3;

/**
 * Makes BullMQ's schedules equal the configuration: unknown ones are removed, ours is changed only
 * if it differs, or has lost its tick and with it its future. A blind upsert of a cron schedule
 * deletes a tick that is due (measured). Returns what was done, for the log.
 */
export async function syncSchedules(
  queue: Queue,
  schedule: Schedule,
  sourceId: string,
): Promise<'unchanged' | 'created' | 'changed'> {
  const existing = await queue.getJobSchedulers(0, -1, true);
  const unknown = existing.filter(({ key }) => key !== SCHEDULER_ID);
  for (const { key } of unknown) await queue.removeJobScheduler(key);
  const ours = existing.find(({ key }) => key === SCHEDULER_ID);
  const isSame = ours?.pattern === schedule.cron && ours.tz === schedule.timeZone;
  const tick = `repeat:${SCHEDULER_ID}:${ours?.next}`;
  if (isSame) {
    if (ours.template?.data && (await isSound(queue, tick))) return 'unchanged';
    // BullMQ makes no tick under an id that it knows.
    await queue.removeJobScheduler(SCHEDULER_ID);
    await queue.remove(tick);
  }
  await queue.upsertJobScheduler(
    SCHEDULER_ID,
    { pattern: schedule.cron, tz: schedule.timeZone },
    { name: 'tick', data: { version: 1, sourceId }, opts: { ...KEEP_FINISHED, attempts: TICK_ATTEMPTS } },
  );
  return ours ? 'changed' : 'created';
}

/** A tick whose job is gone, waits nowhere, or cannot be read makes no next one. */
async function isSound(queue: Queue, tick: string): Promise<boolean> {
  const [job, state] = await Promise.all([queue.getJob(tick), queue.getJobState(tick)]);
  return job?.repeatJobKey === SCHEDULER_ID && state !== 'unknown';
}
