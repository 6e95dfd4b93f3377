import type { Job } from 'bullmq';
import { cancelLoad, type LoadDeps, type LoadOutcome, runLoad } from '../pipeline/load/index.ts';
import type { LoadObject } from '../pipeline/objects/index.ts';
import type { IngestPayload } from '../queues/payloads.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { watchLoad } from './load-watch.ts';
import { watchCancel } from './watch-cancel.ts';

interface Cancellable {
  job: Job;
  load: LoadObject;
  payload: IngestPayload;
  signal: AbortSignal;
}

interface Context {
  deps: LoadDeps;
  cancellations: Cancellations;
}

/**
 * Runs the load until it has an outcome, or is to be cancelled; one that is being published is
 * brought to its end.
 */
export async function runUnlessCancelled(one: Cancellable, context: Context): Promise<LoadOutcome> {
  const { job, load, payload, signal } = one;
  const { deps, cancellations } = context;
  const { now } = deps;
  const cancel = await watchCancel(cancellations, payload.loadId);
  try {
    const either = AbortSignal.any([signal, cancel.signal]);
    return await runLoad(load, payload, deps, watchLoad(job, { load, signal: either, now }));
  } catch (thrown) {
    if (signal.aborted || !cancel.signal.aborted) throw thrown;
    const cancelled = await cancelNow(one, context);
    if (cancelled) return cancelled;
    await cancellations.clear(payload.loadId);
    await job.log('too late to cancel: the publish has begun');
    return runLoad(load, payload, deps, watchLoad(job, { load, signal, now }));
  } finally {
    cancel.stop();
  }
}

/**
 * Ends a load, for whoever wished so; null where its own publish has begun, which is brought to its
 * end.
 */
export async function cancelNow(
  { job, load, payload, signal }: Cancellable,
  { deps, cancellations }: Context,
): Promise<LoadOutcome | null> {
  const reason = await cancellations.reasonOf(payload.loadId);
  const { nextAttempt } = payload;
  return cancelLoad({ load, nextAttempt, reason }, deps, watchLoad(job, { load, signal, now: deps.now }));
}
