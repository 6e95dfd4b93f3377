import { LoadError } from '../errors/index.ts';
import { isBeside } from '../mapping/index.ts';
import { copyJobIds, dropJobId, parseAttempt } from '../names/index.ts';
import type { Intent, LoadObject, Published, Spec, StateObject } from '../objects/index.ts';
import { askAgain, type PublishJob } from '../ports/index.ts';
import { cancelledError, readCancelled } from './cancelled-load.ts';
import { afterIntent, asOfFor, judge } from './fence-rules.ts';
import type { LoadDeps } from './load-deps.ts';
import { changeState, retryingState, type StateOf, writeState } from './table-state.ts';

const POLL_MIN_MS = 500;
const POLL_MAX_MS = 10_000;

export type FenceDeps = Pick<LoadDeps, 'bucket' | 'destination' | 'sleep' | 'random' | 'now'>;

/** Who wants to write what, by which BigQuery job. */
export type Want = StateOf & Pick<Intent, 'ticket' | 'attemptId' | 'job' | 'kind' | 'destination'>;

/** The same of an attempt of a load. */
export interface LoadWant extends Pick<Intent, 'job' | 'kind'> {
  load: LoadObject;
  spec: Pick<Spec, 'ticket' | 'attemptId' | 'attemptNumber'>;
}

/** Ends a load whose table has newer rows: no failure. */
export class Superseded extends Error {
  readonly by: Published;

  constructor(by: Published) {
    super(`superseded by ${by.job}`);
    this.name = 'Superseded';
    this.by = by;
  }
}

/**
 * The right to insert one BigQuery job that writes to a destination, kept in `state.json` until
 * that job has ended. Whoever has another intent there is asked after by its job's id: running is
 * awaited, unknown is used up by a query that does nothing, so that it can never write any more;
 * but not by who has the smaller ticket, who reads again. Throws `Superseded` where newer rows are
 * published, `OVERTAKEN` where nobody knows which are newer, `CANCELLED`.
 */
export async function claim(
  { load, spec, job, kind }: LoadWant,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<void> {
  const { sourceId, table, destination } = load;
  const { ticket, attemptId, attemptNumber } = spec;
  const want = { sourceId, table, destination, ticket, attemptId, job, kind };
  // What has been loaded is brought to its end, though somebody wants it cancelled meanwhile.
  const check = kind === 'load' ? () => refuseCancelled(load, attemptNumber, deps) : async () => undefined;
  await claimFor(want, check, deps, signal);
}

/** The same for what is no load. `check` throws what else stands against it. */
export async function claimFor(
  want: Want,
  check: () => Promise<void>,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<void> {
  await retryingState(want, deps, signal, async ({ value: state, generation }) => {
    const isOurs = state.intent?.job === want.job;
    const known = isOurs ? state : await withoutIntent(state, want, deps, signal);
    const verdict = judge(known, want);
    if (verdict.is !== 'free') {
      if (known !== state) await writeState(want, { value: known, generation }, deps.bucket);
      throw verdict.is === 'superseded' ? new Superseded(verdict.by) : overtaken(want, verdict.by);
    }
    // After the state was read: who cancels changes the state after having said so.
    await check();
    if (isOurs) return true;
    const { sourceId, table, ...mine } = want;
    const intent: Intent = { ...mine, asOf: asOfFor(state, want.attemptId), at: deps.now().toISOString() };
    return (await writeState(want, { value: { ...known, intent }, generation }, deps.bucket)) || null;
  });
}

/**
 * The state with the intent of another job settled. What undoes a publish gives way to a newer one
 * instead.
 */
async function withoutIntent(
  state: StateObject,
  want: Want,
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<StateObject> {
  const { intent } = state;
  if (!intent) return state;
  if (want.kind === 'put-back' && intent.attemptId !== want.attemptId) throw overtaken(want, intent);
  // Who has read later does not give way: of two that used up each other's ids neither would ever
  // publish.
  const burn = (id: string) => {
    if (intent.ticket > want.ticket) throw overtaken(want, intent);
    return deps.destination.burn(id);
  };
  return afterIntent(state, await settle(intent, { ...deps, burn }, signal));
}

async function refuseCancelled(
  load: LoadObject,
  attemptNumber: number,
  { bucket }: FenceDeps,
): Promise<void> {
  const cancelled = await readCancelled(load, bucket);
  if (cancelled && attemptNumber <= cancelled.upToAttempt) throw cancelledError(load, cancelled.reason);
}

function overtaken(want: Want, by: Pick<Intent, 'job'>): LoadError {
  return new LoadError(
    'OVERTAKEN',
    `${by.job} has published, or is about to, and ${want.attemptId} may have read before it.`,
  );
}

/**
 * What the intent's jobs have written, once that is sure; null: nothing, and they never will.
 * `burn` uses an unknown id up.
 */
async function settle(
  intent: Pick<Intent, 'job' | 'kind' | 'destination'>,
  deps: FenceDeps & { burn(id: string): Promise<PublishJob> },
  signal: AbortSignal,
): Promise<PublishJob | null> {
  const ended = async (id: string) =>
    awaitEnd((await deps.destination.getPublish(id)) ?? (await deps.burn(id)), deps, signal);
  if (intent.kind === 'load') {
    const job = await ended(intent.job);
    return job.kind === 'burnt' || job.error || isBeside(job, intent.destination) ? null : job;
  }
  const dropped = await ended(dropJobId(intent.job));
  // What puts back a table that was not there before removes it, and copies nothing.
  if (intent.kind === 'put-back' && dropped.kind === 'other' && !dropped.error) return dropped;
  for (const id of copyJobIds(intent.job)) {
    const job = await ended(id);
    if (job.kind === 'burnt') return null;
    if (!job.error) return job;
  }
  return null;
}

/**
 * Polls a job until it has ended. Never gives up by itself: no other may start before this one is
 * over.
 */
export async function awaitEnd(
  job: PublishJob,
  deps: Pick<LoadDeps, 'destination' | 'sleep'>,
  signal: AbortSignal,
): Promise<PublishJob> {
  let current = job;
  for (let waitMs = POLL_MIN_MS; current.state !== 'done'; waitMs = Math.min(waitMs * 1.5, POLL_MAX_MS)) {
    await deps.sleep(waitMs, signal);
    const found = await askAgain(
      () => deps.destination.getPublish(job.id),
      (ms) => deps.sleep(ms, signal),
    );
    if (!found)
      throw new LoadError(
        'DESTINATION_UNAVAILABLE',
        `BigQuery no longer knows job ${job.id}, which was running.`,
      );
    current = found;
  }
  return current;
}

/**
 * Records that an attempt's job has written, where it still has the intent: later ones have
 * recorded it themselves. The state then.
 */
export async function recordPublished(
  of: StateOf,
  { attemptId, job }: { attemptId: string; job: PublishJob },
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<StateObject> {
  return changeState(
    of,
    (state) => (state.intent?.attemptId === attemptId ? afterIntent(state, job) : null),
    deps,
    signal,
  );
}

/** Whether nobody has published, or is about to, after the attempt. */
export function isNewest({ intent, published }: StateObject, attemptId: string): boolean {
  const isOther = (one: { attemptId: string } | null) => one !== null && one.attemptId !== attemptId;
  if (intent) return intent.attemptId === attemptId;
  return !isOther(published);
}

/**
 * Takes back the right of a load to publish, so that no worker of it can use it any more. False
 * where its job is at BigQuery already: then it is too late.
 */
export async function withdraw(load: LoadObject, deps: FenceDeps, signal: AbortSignal): Promise<boolean> {
  return retryingState(load, deps, signal, async ({ value: state, generation }) => {
    const { intent, published } = state;
    const isOfLoad = (one: { attemptId: string } | null) =>
      one !== null && parseAttempt(one.attemptId)?.loadId === load.loadId;
    if (isOfLoad(published) && !published?.isPutBack) return { isWithdrawn: false };
    const isOurs = isOfLoad(intent);
    if (intent && isOurs) {
      const job =
        (await deps.destination.getPublish(intent.job)) ?? (await deps.destination.burn(intent.job));
      if (job.kind !== 'burnt' && !job.error) return { isWithdrawn: false };
    }
    // Changed in any case: who has read it before must look again, and finds the load cancelled.
    const value = { ...state, ticket: state.ticket + 1, intent: isOurs ? null : intent };
    return (await writeState(load, { value, generation }, deps.bucket)) ? { isWithdrawn: true } : null;
  }).then(({ isWithdrawn }) => isWithdrawn);
}
