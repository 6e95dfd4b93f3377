import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadName, objectNames } from '../../src/pipeline/names/index.ts';
import { violations } from '../support/chaos/oracle.ts';
import { openOwnPlace } from '../support/chaos/own-place.ts';
import type { Place } from '../support/chaos/place.ts';
import { until } from '../support/wait.ts';

let place: Place;
beforeAll(async () => {
  place = await openOwnPlace({ tables: 1, settings: { INGEST_CONCURRENCY: '2' } });
  place.fleet.start();
});
afterAll(async () => {
  await place?.failBigQuery(null);
  await place?.close();
});

const jobOf = (runId: string) =>
  place.queues.ingest.getJob(loadName(runId, { schema: place.schema, table: 't00' }));
/** A load whose stage is whole, and which could not publish it. */
async function stagedOnly(): Promise<string> {
  await place.failBigQuery({
    call: 'POST [^?]*/jobs(\\?|$)',
    times: 1_000,
    fault: { kind: 'error', status: 503 },
  });
  const before = place.spark.reads.length;
  const runId = await place.ask(place.tables);
  await until(async () => place.spark.reads.length > before);
  await until(async () => (await (await jobOf(runId))?.getState()) !== 'active');
  // It sleeps until the newer one is through.
  await (await jobOf(runId))?.changeDelay(3_600_000).catch(() => undefined);
  await place.failBigQuery(null);
  return runId;
}

/** Waits for a run; what was set back meanwhile goes on at a person's wish. */
async function endedSoon(runId: string): Promise<void> {
  await until(async () => {
    await (await jobOf(runId))?.promote().catch(() => undefined);
    return place.adapters.bucket.exists(objectNames(place.sourceId).summary(runId));
  });
}

/** The table changes, and a person has it loaded. */
async function loadNewer(): Promise<void> {
  await place.writer.write('t00');
  await endedSoon(await place.ask(place.tables));
}

describe('an older stage never overwrites a newer publish', () => {
  it('where BigQuery was away as it was to be published', async () => {
    const older = await stagedOnly();
    await loadNewer();
    await endedSoon(older);
    expect(violations(await place.facts())).toEqual([]);
  });
});
