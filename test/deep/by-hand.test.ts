import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadName } from '../../src/pipeline/names/index.ts';
import { type Facts, violations } from '../support/chaos/oracle.ts';
import { openOwnPlace } from '../support/chaos/own-place.ts';
import type { Place } from '../support/chaos/place.ts';
import { until } from '../support/wait.ts';

let place: Place;
beforeAll(async () => {
  const settings = { INGEST_CONCURRENCY: '1' };
  place = await openOwnPlace({ tables: 2, readingMs: () => 500, settings });
  place.fleet.start();
});
afterAll(() => place?.close());

const jobOf = (runId: string, table: string) =>
  place.queues.ingest.getJob(loadName(runId, { schema: place.schema, table }));
const statusesOf = ({ history }: Facts, runId: string) =>
  history
    .filter((row) => row.runId === runId)
    .map(({ table, status }) => `${table} ${status}`)
    .sort();

/** The first load is read, the others wait. */
async function inMidRun(): Promise<string> {
  const before = place.spark.reads.length;
  const runId = await place.ask(place.tables);
  await until(async () => place.spark.reads.length > before);
  return runId;
}

describe('a person with the board open, in mid-run', () => {
  it('removes a load that waits: the run ends, and says what became of the table', async () => {
    const runId = await inMidRun();
    await (await jobOf(runId, 't01'))?.remove();
    await place.ended(runId);
    const facts = await place.facts();
    // Whether it is made anew or told as abandoned: the table has one row, and no other rule is
    // broken.
    expect(statusesOf(facts, runId)).toHaveLength(2);
    expect(violations(facts, { mayFail: true })).toEqual([]);
  });

  it('retries a load that has been loaded: nothing is read or published again', async () => {
    const runId = await inMidRun();
    await place.ended(runId);
    const before = await place.facts();
    const job = await jobOf(runId, 't00');
    await job?.retry('completed');
    await until(async () => (await jobOf(runId, 't00'))?.finishedOn);
    const facts = await place.facts();
    expect([facts.jobs.length, facts.publishes.length]).toEqual([
      before.jobs.length,
      before.publishes.length,
    ]);
    expect(violations(facts, { mayFail: true })).toEqual([]);
  });
});
