import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS } from '../../../src/pipeline/errors/crash-point.ts';
import { WORKER_OPTIONS } from '../../../src/queues/job-options.ts';
import { begunLoads, type Member } from './fleet.ts';
import type { Place } from './place.ts';
import type { Chance } from './random.ts';
import type { LinkState } from './tcp-proxy.ts';

export interface StormPlan {
  seed: number;
  /** Workers killed by `kill -9`, some of them at a crash point. */
  kills: number;
  /**
   * Workers stopped (SIGSTOP) until others have their loads, one in four until its locks have ended
   * too.
   */
  pauses: number;
  /** `kill -9` of Redis, which comes back from its append-only file. */
  redisKills: number;
  /** Links to Redis and MySQL that are slow, half-open, refused or reset. */
  networkFaults: number;
  /** Calls of Cloud Storage, Dataproc and BigQuery that fail, or whose answer is lost. */
  serviceFaults: number;
  workers: number;
  /** Runs that are asked for before the first of them has ended. */
  openRuns: number;
  /** Between two faults, and as much again by chance. */
  gapMs: number;
  /** Ends the faults, however many are left; null: as long as it takes. */
  endsAtMs: number | null;
}

export type Fault = 'kill' | 'pause' | 'redis' | 'network' | 'service';

export interface Storm {
  place: Place;
  plan: StormPlan;
  chance: Chance;
  done: Record<Fault, number>;
  /**
   * When Redis was gone or a link was bad: what is late then is not late by a worker's death alone.
   */
  disturbances: { fromMs: number; toMs: number }[];
  /** What is still to be undone. */
  pending: Set<Promise<void>>;
  isOver: boolean;
}

/** How long a worker with loads is waited for. */
const BUSY_LOOKS = 50;
const BUSY_LOOK_MS = 100;
/** Until whoever was cut off is connected again, and goes on. */
const RECONNECTED_MS = 15_000;
/**
 * Others take a silent worker's loads after ten seconds (`queues/life-signs.ts`), and its locks end
 * with these.
 */
const SILENT_MS = 12_000;
const LOCKS_MS = (WORKER_OPTIONS.lockDuration ?? 30_000) + (WORKER_OPTIONS.stalledInterval ?? 30_000);

/** One new worker in three dies by itself at a named point. */
export function armed(chance: Chance): Record<string, string> {
  const point = chance.pick(Object.keys(CRASH_POINTS));
  return chance.below(3) === 0 && point ? { CRASH_AT: `${point}#${1 + chance.below(3)}` } : {};
}

/** Each makes one fault, and has it undone later where it would last. */
export const FAULTS: Record<Fault, (storm: Storm) => Promise<void>> = {
  kill: async ({ place: { fleet }, chance }) => {
    const member = await busyMember(fleet.members, chance, ['alive', 'paused']);
    if (member) await fleet.kill(member);
  },
  pause: async (storm) => {
    const { fleet } = storm.place;
    const paused = () => fleet.members.filter(({ state }) => state === 'paused').length;
    while (paused() >= Math.max(1, storm.plan.workers - 2)) await sleep(200);
    const member = await busyMember(fleet.members, storm.chance, ['alive']);
    if (!member) return;
    fleet.pause(member);
    const isLong = storm.done.pause % 4 === 3;
    const ms = (isLong ? LOCKS_MS : SILENT_MS) + storm.chance.below(8_000);
    later(storm, ms, () => fleet.resume(member));
  },
  redis: async ({ place: { redis }, chance, disturbances }) => {
    const fromMs = Date.now();
    await redis.kill();
    await sleep(chance.below(2_000));
    await redis.start('kept');
    disturbances.push({ fromMs, toMs: Date.now() + RECONNECTED_MS });
  },
  network: async (storm) => {
    const { links } = storm.place;
    const link = storm.chance.pick([links.redis, links.mysql]) ?? links.redis;
    const state = storm.chance.pick<LinkState | 'reset'>([
      { kind: 'slow', ms: 500 },
      { kind: 'half-open' },
      { kind: 'refuse' },
      'reset',
    ]);
    const ms = state === 'reset' ? 0 : 2_000 + storm.chance.below(8_000);
    const fromMs = Date.now();
    storm.disturbances.push({ fromMs, toMs: fromMs + ms + RECONNECTED_MS });
    if (state === 'reset' || !state) return link.reset();
    link.set(state);
    later(storm, ms, () => link.set({ kind: 'pass' }));
  },
  service: async ({ place, chance }) => {
    const times = 1 + chance.below(3);
    const isDataproc = chance.below(3);
    const bad = chance.pick([503, 429, 500]) ?? 503;
    const http =
      chance.below(3) === 0 ? { kind: 'lost-reply' as const } : { kind: 'error' as const, status: bad };
    // gRPC's UNAVAILABLE and RESOURCE_EXHAUSTED.
    const grpc =
      chance.below(2) === 0 ? { kind: 'lost-reply' as const } : { kind: 'error' as const, status: 14 };
    if (isDataproc === 0)
      place.faults.dataproc.add({ call: chance.pick(['submitJob', 'getJob']) ?? '', times, fault: grpc });
    else if (isDataproc === 1) place.faults.gcs.add({ call: '.', times, fault: http });
    else await place.failBigQuery({ call: place.sourceId, times, fault: http });
  },
};

/** One that has begun loads, if there is one soon; one time of four any. */
async function busyMember(
  members: readonly Member[],
  chance: Chance,
  states: readonly Member['state'][],
): Promise<Member | undefined> {
  const able = () => members.filter(({ state }) => states.includes(state));
  const wantsBusy = chance.below(4) > 0;
  for (let looks = 0; wantsBusy && looks < BUSY_LOOKS; looks += 1) {
    const busy = able().filter((member) => begunLoads(member).length > 0);
    if (busy.length > 0) return chance.pick(busy);
    await sleep(BUSY_LOOK_MS);
  }
  return chance.pick(able());
}

function later(storm: Storm, ms: number, undo: () => void): void {
  const waiting: Promise<void> = sleep(ms).then(() => {
    undo();
    storm.pending.delete(waiting);
  });
  storm.pending.add(waiting);
}
