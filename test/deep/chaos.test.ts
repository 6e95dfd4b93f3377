import { describe, expect, it, type TestContext } from 'vitest';
import { violations } from '../support/chaos/oracle.ts';
import { placeOfTest } from '../support/chaos/own-place.ts';
import { chanceOf } from '../support/chaos/random.ts';
import { runStorm } from '../support/chaos/storm.ts';
import { reportText } from '../support/chaos/storm-report.ts';
import { FIRST_SEED } from '../support/seed.ts';

const open = (context: TestContext, tables: number, readingMs: () => number) =>
  placeOfTest(context, { tables, readingMs, settings: { INGEST_CONCURRENCY: '6' } });

describe.concurrent('workers, Redis and what lies between', () => {
  it('a table whose worker is killed ten times in a row is loaded by the eleventh, by one Dataproc job', async (context) => {
    // The Dataproc job outlives them all.
    const place = await open(context, 1, () => 2_000);
    const runId = await place.ask();
    for (let death = 1; death <= 10; death += 1) {
      const point = death % 2 === 0 ? 'F14' : 'F10';
      await place.fleet.start({ CRASH_AT: death === 1 ? 'F8' : point }).process.ended;
    }
    place.fleet.start();
    await place.ended(runId);
    const facts = await place.facts();
    expect(violations(facts)).toEqual([]);
    expect(facts.jobs).toHaveLength(1);
    expect(place.fleet.kills).toHaveLength(10);
  });

  it('everything goes wrong that may, and nothing is lost, doubled or stale', async (context) => {
    const chance = chanceOf(FIRST_SEED + 9);
    const place = await open(context, 8, () => chance.below(2_000));
    const faults = { kills: 20, pauses: 5, redisKills: 5, networkFaults: 8, serviceFaults: 8 };
    const plan = { ...faults, seed: FIRST_SEED + 8, workers: 3, openRuns: 3, gapMs: 800, endsAtMs: null };
    const told = await runStorm(place, plan, () => undefined);
    process.stdout.write(`${reportText(told)}\n`);
    expect(told.violations).toEqual([]);
    expect(told.kills).toBeGreaterThanOrEqual(20);
    expect(told.loads.loaded).toBeGreaterThan(8);
  });
});
