import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import { toFailure } from '../pipeline/errors/index.ts';
import { cancelLoad, type LoadDeps, readLoad } from '../pipeline/load/index.ts';
import { parts } from '../pipeline/ports/index.ts';
import { ingestPayloadSchema } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { lookEvery } from './look-every.ts';
import { tellEnd } from './tell-end.ts';
import { logLoadEnd } from './work-log.ts';

const LOOK_MS = 2_000;
const AT_ONCE = 8;
const WAITING: ReadonlySet<string> = new Set(['waiting', 'delayed', 'prioritized']);

export interface SweepContext {
  queues: Queues;
  cancellations: Cancellations;
  deps: LoadDeps;
  log: Logger;
  shutdown: AbortSignal;
}

/**
 * Carries out the wish to cancel loads that wait for a slot, which others may hold for hours. A
 * load that is found waiting at two looks is cancelled without its turn: history is told, its job
 * goes, and its run finds the end in Redis. Who gets a slot meanwhile does the same.
 */
export function sweepCancelled(context: SweepContext): { stop(): void } {
  let before: ReadonlySet<string> = new Set();
  const look = async () => {
    const waiting = await waitingJobs(context);
    const due = waiting.filter(({ id }) => before.has(id ?? ''));
    before = new Set(waiting.map(({ id }) => id ?? ''));
    for (const part of parts(due, AT_ONCE)) {
      if (context.shutdown.aborted) return;
      await Promise.all(part.map((job) => cancelWaiting(job, context)));
    }
  };
  // Redis or the bucket is away: the next look is in two seconds.
  return lookEvery(LOOK_MS, look, (error) =>
    context.log.debug({ err: error.message }, 'cancelled loads not looked for'),
  );
}

/** Jobs of open wishes that wait; what has ended, or is no load, is no open wish. */
async function waitingJobs({ queues, cancellations }: SweepContext): Promise<Job[]> {
  const waiting: Job[] = [];
  for (const name of await cancellations.open()) {
    const job = await queues.ingest.getJob(name);
    const state = await job?.getState();
    if (!job || state === 'completed' || state === 'failed') await cancellations.setAside(name);
    else if (state && WAITING.has(state)) waiting.push(job);
  }
  return waiting;
}

async function cancelWaiting(job: Job, context: SweepContext): Promise<void> {
  const { queues, cancellations, deps, log, shutdown } = context;
  const parsed = ingestPayloadSchema.safeParse(job.data);
  if (!parsed.success || !(await cancellations.takeOn(parsed.data.loadId))) return;
  const payload = parsed.data;
  const load = await readLoad(payload, deps.bucket);
  const report = async ({ message }: { message: string }) => void (await job.log(message));
  const reason = await cancellations.reasonOf(payload.loadId);
  const { nextAttempt } = payload;
  const outcome = await cancelLoad({ load, nextAttempt, reason }, deps, { signal: shutdown, report });
  // Its publish has begun: who gets it brings it to its end.
  if (outcome?.outcome !== 'failed') return;
  const failure = toFailure(outcome.error, payload.table);
  await tellEnd({ row: outcome.row, failure }, { queues, log, bucket: deps.bucket });
  await cancellations.end(payload.loadId, { attempts: outcome.attempt, failure });
  // Locked: a worker has it by now, finds the wish, and ends it in the same way.
  const isGone = await job.remove().then(
    () => true,
    () => false,
  );
  if (!isGone) return;
  await cancellations.clear(payload.loadId);
  logLoadEnd(log, outcome.row);
}
