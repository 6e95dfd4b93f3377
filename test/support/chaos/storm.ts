import { setTimeout as sleep } from 'node:timers/promises';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { Member } from './fleet.ts';
import type { Facts } from './oracle.ts';
import type { Place } from './place.ts';
import { type Chance, chanceOf } from './random.ts';
import { armed, FAULTS, type Fault, type Storm, type StormPlan } from './storm-faults.ts';
import { makeReport, type StormReport, sum } from './storm-report.ts';

/**
 * How long what is left may take once nothing is done to it any more; a run that has not ended by
 * then is lost.
 */
const SETTLE_MS = 900_000;
const ASK_MS = 700;
const WRITE_MS = 250;
const PROGRESS_MS = 5_000;
/** Loads changing tables while everything goes wrong, then lets it settle, and asks the oracle. */
export async function runStorm(
  place: Place,
  plan: StormPlan,
  say: (line: string) => void,
): Promise<StormReport> {
  const startedMs = Date.now();
  const chance = chanceOf(plan.seed);
  const done = { kill: 0, pause: 0, redis: 0, network: 0, service: 0 };
  const storm: Storm = { place, plan, chance, done, disturbances: [], pending: new Set(), isOver: false };
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
    return makeReport(storm, facts, startedMs);
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

/** Runs of all tables by their changes, and loads of some by a person's wish beside them. */
async function askForRuns(storm: Storm, chance: Chance): Promise<void> {
  const { place } = storm;
  let open: string[] = [];
  while (!storm.isOver) {
    const ended = await Promise.all(open.map((runId) => isEnded(place, runId)));
    open = open.filter((_, index) => !ended[index]);
    if (open.length < storm.plan.openRuns) {
      const some = place.tables.filter(() => chance.below(4) === 0);
      open.push(await place.ask(chance.below(3) === 0 && some.length > 0 ? some : undefined));
    }
    await sleep(ASK_MS);
  }
}

function isEnded({ adapters, sourceId }: Place, runId: string): Promise<boolean> {
  return adapters.bucket.exists(objectNames(sourceId).summary(runId));
}

/**
 * Undoes every fault, waits for what was asked for, then one more run over tables that have come to
 * rest.
 */
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

/** A person with the board open promotes what was set back for minutes. */
async function promoteAll({ queues: { controller, ingest, history } }: Place): Promise<void> {
  // The schedule's tick has its time.
  for (const queue of [controller, ingest, history])
    for (const job of await queue.getDelayed())
      if (job && job.name !== 'tick') await job.promote().catch(() => undefined);
}

async function waitForRuns(place: Place): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    await promoteAll(place);
    const ended = await Promise.all(place.asked.map((runId) => isEnded(place, runId)));
    if (ended.every(Boolean) || Date.now() > deadline) return;
    await sleep(1_000);
  }
}

function progressLine({ place, plan, done }: Storm, startedMs: number): string {
  const seconds = Math.round((Date.now() - startedMs) / 1_000);
  const faults = Object.entries(done).map(([fault, count]) => `${count} ${fault}`);
  const alive = place.fleet.alive().length;
  const rows = sum(place.spark.reads.map(({ rows: some }) => some));
  return `${seconds} s: ${faults.join(', ')} of ${plan.kills} kills, ${plan.pauses} pauses; ${place.fleet.kills.length} workers died, ${alive} at work; ${place.asked.length} runs, ${place.spark.reads.length} tables read (${rows} rows)`;
}
