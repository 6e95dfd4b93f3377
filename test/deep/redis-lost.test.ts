import { describe, expect, it, type TestContext } from 'vitest';
import { violations } from '../support/chaos/oracle.ts';
import { placeOfTest } from '../support/chaos/own-place.ts';
import type { Place } from '../support/chaos/place.ts';
import { until } from '../support/wait.ts';

const open = (context: TestContext) =>
  placeOfTest(context, { tables: 4, readingMs: () => 3_000, settings: { INGEST_CONCURRENCY: '2' } });

/** Two loads have their Dataproc jobs, and two wait. */
async function inMidRun(place: Place): Promise<string> {
  place.fleet.start();
  const runId = await place.ask();
  await until(async () => place.spark.reads.length >= 2);
  return runId;
}

describe.concurrent('a run in its midst goes on, and submits nothing twice, where Redis', () => {
  it('dies and comes back empty', async (context) => {
    const place = await open(context);
    const runId = await inMidRun(place);
    await place.redis.kill();
    await place.redis.start('empty');
    await place.ended(runId);
    const facts = await place.facts();
    expect(violations(facts)).toEqual([]);
    expect(facts.jobs).toHaveLength(4);
  });

  it('is emptied', async (context) => {
    const place = await open(context);
    const runId = await inMidRun(place);
    await place.redis.connection.flushall();
    await place.ended(runId);
    const facts = await place.facts();
    expect(violations(facts)).toEqual([]);
    expect(facts.jobs).toHaveLength(4);
  });

  it('dies and comes back with what its append-only file holds', async (context) => {
    const place = await open(context);
    const runId = await inMidRun(place);
    await place.redis.kill();
    await place.redis.start('kept');
    await place.ended(runId);
    expect(violations(await place.facts())).toEqual([]);
  });
});
