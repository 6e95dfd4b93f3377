import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loadName } from '../../src/pipeline/names.ts';
import { violations } from '../support/chaos/oracle.ts';
import { openPlace, type Place } from '../support/chaos/place.ts';
import { until } from '../support/wait.ts';

let place: Place;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adutora-stale-'));
  const stack = { stackEnv: inject('stackEnv'), stackDir: inject('dataDir') };
  place = await openPlace({ ...stack, folder, tables: 1, settings: { INGEST_CONCURRENCY: '2' } });
  place.fleet.start();
});
afterAll(async () => {
  await place?.failBigQuery(null);
  await place?.close();
});

const jobOf = (run: string) =>
  place.queues.ingest.getJob(loadName(run, { schema: place.schema, table: 't00' }));
const statusOf = async (run: string) =>
  (await place.facts()).history.filter((row) => row.run === run).map(({ status }) => status);

/** A load whose stage is whole, and which could not publish it. */
async function stagedOnly(): Promise<string> {
  await place.failBigQuery({ call: 'POST [^?]*/jobs(\\?|$)', times: 1_000, fault: { kind: 'error', status: 503 } });
  const before = place.spark.reads.length;
  const run = await place.ask(place.tables);
  await until(async () => place.spark.reads.length > before);
  await until(async () => (await (await jobOf(run))?.getState()) !== 'active');
  await place.failBigQuery(null);
  return run;
}

/** The table changes, and a person has it loaded. */
async function loadNewer(): Promise<string> {
  await place.writer.write('t00');
  const run = await place.ask(place.tables);
  // What an outage holds back goes on by itself; what was set back, at a person's wish.
  await until(async () => {
    await (await jobOf(run))?.promote().catch(() => undefined);
    return (await statusOf(run)).length > 0;
  });
  return run;
}

describe('an older stage never overwrites a newer publish', () => {
  it('where BigQuery was away as it was to be published', async () => {
    const older = await stagedOnly();
    await loadNewer();
    await (await jobOf(older))?.promote().catch(() => undefined);
    await place.ended(older);
    expect(violations(await place.facts())).toEqual([]);
  });

  it('where a person has it tried again on the board, after it had failed', async () => {
    const older = await stagedOnly();
    const job = await jobOf(older);
    await job?.updateData({ ...job.data, setbacks: 10_000 });
    await place.failBigQuery({ call: 'POST [^?]*/jobs(\\?|$)', times: 6, fault: { kind: 'error', status: 503 } });
    await job?.promote().catch(() => undefined);
    await until(async () => (await (await jobOf(older))?.getState()) === 'failed');
    await place.failBigQuery(null);
    await loadNewer();
    await (await jobOf(older))?.retry('failed');
    await until(async () => (await (await jobOf(older))?.getState()) === 'completed');
    expect(violations(await place.facts(), { mayFail: true })).toEqual([]);
  });
});
