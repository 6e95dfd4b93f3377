import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS } from '../../../src/pipeline/crash-point.ts';
import { objectNames } from '../../../src/pipeline/names.ts';
import { WORKER_OPTIONS } from '../../../src/queues/job-options.ts';
import { begunLoads, type Member, recoveries } from './fleet.ts';
import { type Facts, type Violation, violations } from './oracle.ts';
import type { Place } from './place.ts';
import { type Chance, chanceOf } from './random.ts';
import type { LinkState } from './tcp-proxy.ts';

export interface StormPlan {
  seed: number;
  /** Workers killed by `kill -9`, some of them at a crash point. */
  kills: number;
  /** Workers stopped (SIGSTOP) until others have their loads, one in four until its locks have ended too. */
  pauses: number;
  /** `kill -9` of Redis, which comes back from its append-only file. */
  redisKills: number;
  /** Links to Redis and MySQL that are slow, half-open, refused or reset. */
  networkFaults: number;
  /** Calls of Cloud Storage, Dataproc and BigQuery that fail, or whose answer is lost. */
  serviceFaults: number;
  workers: number;
  /** Between two faults, and as much again by chance. */
  gapMs: number;
  /** Ends the faults, however many are left; null: as long as it takes. */
  endsAtMs: number | null;
}

export interface StormReport {
  seed: number;
  seconds: number;
  kills: number;
  pauses: number;
  redisKills: number;
  networkFaults: number;
  serviceFaults: number;
  runs: number;
  loads: { needed: number; loaded: number; superseded: number; failed: number };
  /** Dataproc jobs. */
  submitted: number;
  statesWritten: number;
  rowsCompared: number;
  /** From the death of a worker to the next step of its load elsewhere. */
  recovery: { count: number; medianMs: number | null; worstMs: number | null };
  violations: Violation[];
}

type Fault = 'kill' | 'pause' | 'redis' | 'network' | 'service';

/** How long what is left may take once nothing is done to it any more; a run that has not ended by then is lost. */
const SETTLE_MS = 900_000;
const UNENDED_RUNS = 3;
/** How long a worker with loads is waited for. */
const BUSY_LOOKS = 50;
const BUSY_LOOK_MS = 100;
const ASK_MS = 700;
const WRITE_MS = 250;
const PROGRESS_MS = 5_000;
/** Others take a silent worker's loads after ten seconds (`queues/life-signs.ts`), and its locks end with these. */
const SILENT_MS = 12_000;
const LOCKS_MS = (WORKER_OPTIONS.lockDuration ?? 30_000) + (WORKER_OPTIONS.stalledInterval ?? 30_000);

interface Storm {
  place: Place;
  plan: StormPlan;
  chance: Chance;
  done: Record<Fault, number>;
  /** What is still to be undone. */
  pending: Set<Promise<void>>;
  isOver: boolean;
}

/** Loads changing tables while everything goes wrong, then lets it settle, and asks the oracle. */
export async function runStorm(
  place: Place,
  plan: StormPlan,
  say: (line: string) => void,
): Promise<StormReport> {
  const startedMs = Date.now();
  const chance = chanceOf(plan.seed);
  const done = { kill: 0, pause: 0, redis: 0, network: 0, service: 0 };
  const storm: Storm = { place, plan, chance, done, pending: new Set(), isOver: false };
  place.writer.start(chanceOf(plan.seed + 1), WRITE_MS);
  for (let count = 0; count < plan.workers; count += 1) place.fleet.start();
  const asking = askForRuns(storm, chanceOf(plan.seed + 2));
  const telling = setInterval(() => say(progressLine(storm, startedMs)), PROGRESS_MS);
  try {
    await makeFaults(storm);
    storm.isOver = true;
    await Promise.all([...storm.pending, asking]);
    await place.writer.stop();
    const facts = await settle(storm, say);
    return report(storm, facts, startedMs);
  } finally {
    storm.isOver = true;
    clearInterval(telling);
  }
}

/** In an order of chance, so that a seed says it. */
async function makeFaults(storm: Storm): Promise<void> {
  const { plan, chance, place } = storm;
  const some = (fault: Fault, count: number) => Array.from({ length: count }, () => fault);
  const faults = [
    ...some('kill', plan.kills),
    ...some('pause', plan.pauses),
    ...some('redis', plan.redisKills),
    ...some('network', plan.networkFaults),
    ...some('service', plan.serviceFaults),
  ]
    .map((fault) => ({ fault, place: chance.next() }))
    .sort((one, other) => one.place - other.place);
  for (const { fault } of faults) {
    await sleep(plan.gapMs * (1 + chance.next()));
    if (plan.endsAtMs !== null && Date.now() > plan.endsAtMs) return;
    await FAULTS[fault](storm);
    storm.done[fault] += 1;
    while (living(place.fleet.members).length < plan.workers) place.fleet.start(armed(chance));
  }
}

const living = (members: readonly Member[]) => members.filter(({ state }) => state !== 'gone');

/** One new worker in three dies by itself at a named point. */
function armed(chance: Chance): Record<string, string> {
  const point = chance.pick(Object.keys(CRASH_POINTS));
  return chance.below(3) === 0 && point ? { CRASH_AT: `${point}#${1 + chance.below(3)}` } : {};
}

const FAULTS: Record<Fault, (storm: Storm) => Promise<void>> = {
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
    const isLong = storm.chance.below(4) === 0;
    const ms = (isLong ? LOCKS_MS : SILENT_MS) + storm.chance.below(8_000);
    later(storm, ms, () => fleet.resume(member));
  },
  redis: async ({ place: { redis }, chance }) => {
    await redis.kill();
    await sleep(chance.below(2_000));
    await redis.start('kept');
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
    if (state === 'reset' || !state) return link.reset();
    link.set(state);
    later(storm, 2_000 + storm.chance.below(8_000), () => link.set({ kind: 'pass' }));
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

/** Runs of all tables by their changes, and loads of some by a person's wish beside them. */
async function askForRuns(storm: Storm, chance: Chance): Promise<void> {
  const { place } = storm;
  let open: string[] = [];
  while (!storm.isOver) {
    const ended = await Promise.all(open.map((run) => isEnded(place, run)));
    open = open.filter((_, index) => !ended[index]);
    if (open.length < UNENDED_RUNS) {
      const some = place.tables.filter(() => chance.below(4) === 0);
      open.push(await place.ask(chance.below(3) === 0 && some.length > 0 ? some : undefined));
    }
    await sleep(ASK_MS);
  }
}

function isEnded({ adapters, sourceId }: Place, run: string): Promise<boolean> {
  return adapters.stage.exists(objectNames(sourceId).summary(run));
}

/** Undoes every fault, waits for what was asked for, then one more run over tables that have come to rest. */
async function settle({ place, plan }: Storm, say: (line: string) => void): Promise<Facts> {
  for (const link of Object.values(place.links)) link.set({ kind: 'pass' });
  place.faults.gcs.clear();
  place.faults.dataproc.clear();
  if (plan.serviceFaults > 0) await place.failBigQuery(null);
  for (const member of place.fleet.members.filter(({ state }) => state === 'paused'))
    place.fleet.resume(member);
  for (const _ of Array.from({ length: 2 })) place.fleet.start();
  say('no more faults; waiting for what was asked for');
  await waitForRuns(place);
  await sleep(3_000);
  await place.ask();
  await waitForRuns(place);
  say('asking the oracle');
  return place.facts();
}

async function waitForRuns(place: Place): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const ended = await Promise.all(place.asked.map((run) => isEnded(place, run)));
    if (ended.every(Boolean) || Date.now() > deadline) return;
    await sleep(500);
  }
}

function report({ plan, done, place }: Storm, facts: Facts, startedMs: number): StormReport {
  const { fleet } = place;
  const times = recoveries(fleet).sort((one, other) => one - other);
  const count = (status: string) => facts.history.filter((row) => row.status === status).length;
  return {
    seed: plan.seed,
    seconds: Math.round((Date.now() - startedMs) / 1_000),
    kills: fleet.kills.length,
    pauses: done.pause,
    redisKills: done.redis,
    networkFaults: done.network,
    serviceFaults: done.service,
    runs: facts.runs.length,
    loads: {
      needed: facts.decided.filter(({ isLoad }) => isLoad).length,
      loaded: count('loaded'),
      superseded: count('superseded'),
      failed: count('failed'),
    },
    submitted: facts.jobs.length,
    statesWritten: facts.commits.length,
    rowsCompared:
      sum(facts.reads.map(({ rows }) => rows)) + sum(facts.destinations.map(({ rows }) => rows.length)),
    recovery: {
      count: times.length,
      medianMs: times[Math.floor(times.length / 2)] ?? null,
      worstMs: times.at(-1) ?? null,
    },
    violations: violations(facts),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

function progressLine({ place, plan, done }: Storm, startedMs: number): string {
  const seconds = Math.round((Date.now() - startedMs) / 1_000);
  const faults = Object.entries(done).map(([fault, count]) => `${count} ${fault}`);
  const alive = place.fleet.alive().length;
  const rows = sum(place.spark.reads.map(({ rows: some }) => some));
  return `${seconds} s: ${faults.join(', ')} of ${plan.kills} kills, ${plan.pauses} pauses; ${place.fleet.kills.length} workers died, ${alive} at work; ${place.asked.length} runs, ${place.spark.reads.length} tables read (${rows} rows)`;
}

/** The report for people. */
export function reportText(told: StormReport): string {
  const { loads, recovery } = told;
  const seconds = (ms: number | null) => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);
  const lines = [
    `seed                ${told.seed}`,
    `took                ${told.seconds} s`,
    `workers killed      ${told.kills}`,
    `workers paused      ${told.pauses} until others had their loads`,
    `Redis killed        ${told.redisKills}`,
    `links disturbed     ${told.networkFaults}`,
    `calls disturbed     ${told.serviceFaults}`,
    `runs                ${told.runs}`,
    `loads               ${loads.needed} needed: ${loads.loaded} loaded, ${loads.superseded} superseded, ${loads.failed} failed`,
    `Dataproc jobs       ${told.submitted} submitted, ${loads.needed} needed`,
    `states written      ${told.statesWritten}`,
    `rows compared       ${told.rowsCompared}`,
    `time to recover     median ${seconds(recovery.medianMs)}, worst ${seconds(recovery.worstMs)} (${recovery.count} loads of dead workers)`,
    `violations          ${told.violations.length}`,
  ];
  return [...lines, ...told.violations.map(({ rule, what }) => `  ${rule}: ${what}`)].join('\n');
}
