import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteJobs } from '../../src/adapters/dataproc/remote-jobs.ts';
import { dataprocRequestId } from '../../src/pipeline/names/index.ts';
import { type Rule, violations } from '../support/chaos/oracle.ts';
import { openOwnPlace } from '../support/chaos/own-place.ts';
import type { Place } from '../support/chaos/place.ts';
import { chanceOf } from '../support/chaos/random.ts';
import { rowsOfState } from '../support/chaos/states.ts';
import { runStorm } from '../support/chaos/storm.ts';
import { reportText, type StormReport } from '../support/chaos/storm-report.ts';
import { FIRST_SEED } from '../support/seed.ts';
import { until } from '../support/wait.ts';

let place: Place;
let told: StormReport;
beforeAll(async () => {
  const chance = chanceOf(FIRST_SEED);
  place = await openOwnPlace({
    tables: 6,
    settings: { INGEST_CONCURRENCY: '6' },
    readingMs: () => chance.below(1_500),
  });
  const faults = { kills: 6, pauses: 1, redisKills: 0, networkFaults: 1, serviceFaults: 0 };
  const plan = { ...faults, seed: FIRST_SEED, workers: 3, openRuns: 2, gapMs: 500, endsAtMs: null };
  told = await runStorm(place, plan, () => undefined);
});
afterAll(() => place?.close());

it('nothing is lost, doubled or stale where workers are killed and paused while tables change', () => {
  process.stdout.write(`${reportText(told)}\n`);
  expect(told.violations).toEqual([]);
  expect(told.kills).toBeGreaterThanOrEqual(6);
  expect(told.recovery.count + told.recoveryDisturbed.count).toBeGreaterThan(0);
  expect(told.loads.loaded).toBeGreaterThan(6);
  expect(told.rowsCompared).toBeGreaterThan(100);
});

/**
 * The table that the stale publish is planted in is loaded in two states first; gives the older
 * one's publish.
 */
async function publishTwice(table: string) {
  await place.ended(await place.ask([table]));
  const { reads, publishes } = await place.facts();
  const older = publishes.filter((one) => one.table === table).at(-1);
  await place.writer.write(table);
  await place.ended(await place.ask([table]));
  const state = reads.find(
    ({ attemptId, isManifest }) => attemptId === older?.attemptId && isManifest,
  )?.state;
  if (!older || typeof state !== 'number') throw new Error(`${table} was not published`);
  return { older, state };
}

const DOES: [what: string, rule: Rule, plant: () => Promise<unknown>][] = [
  ['a Dataproc job that somebody submits a second time, under another name', 'submitted', submitAgain],
  ['a row that is lost', 'rows', () => change('DELETE FROM', 't00', 'WHERE id = 1')],
  [
    'a row that is there twice',
    'rows',
    () => change('INSERT INTO', 't01', `SELECT * FROM ${at('t01')} WHERE id = 1`),
  ],
  ['a stage that is published over a newer one', 'stale', publishOld],
  ['a second row of history', 'terminal', doubleHistory],
  ['a password in Redis', 'secret', () => place.redis.connection.set('note', place.sources.secrets.join())],
];
const at = (table: string) => `\`${place.schema}.${table}\``;
const change = (verb: string, table: string, what: string) =>
  place.adapters.query(`${verb} ${at(table)} ${what}`);

describe('the oracle, with the same eyes, sees', () => {
  it.each(DOES)('%s', async (_, rule, plant) => {
    const before = violations(await place.facts()).length;
    await plant();
    const after = violations(await place.facts());
    expect(after.length).toBeGreaterThan(before);
    expect(after.map((found) => found.rule)).toContain(rule);
  });
});

async function submitAgain(): Promise<void> {
  const { settings } = place.config;
  const remoteJobs = createRemoteJobs({
    projectId: settings.GOOGLE_CLOUD_PROJECT,
    region: settings.DATAPROC_REGION,
    cluster: settings.DATAPROC_CLUSTER,
    apiEndpoint: place.env['DATAPROC_API_ENDPOINT'],
  });
  const [first] = await remoteJobs.list({ installation: place.sourceId });
  const { mainUri, moduleUris, jarUris } = await place.adapters.engines.dataproc.uploadCode();
  const id = `${first?.id}-again`;
  const code = { mainUri, moduleUris, jarUris, args: [], properties: {} };
  await remoteJobs.submit({ id, requestId: dataprocRequestId(id), labels: first?.labels ?? {}, ...code });
  await until(async () => (await remoteJobs.get(id))?.state === 'failed');
  await remoteJobs.close();
}

/** What a worker that was held up long enough would do, were there nothing to hold it back. */
async function publishOld(): Promise<void> {
  const table = 't05';
  const { older, state } = await publishTwice(table);
  const { bucket, destination } = place.adapters;
  const name = `${place.sourceId}/old/${table}.csv`;
  const lines = rowsOfState(table, state).map(({ id, body }) => `${id},${state},"${body}"\n`);
  await bucket.create({ name, bytes: Buffer.from(lines.join('')), contentType: 'text/csv' });
  const id = older.id.replace(/-p\d+$/, '-p9');
  await destination.publish({
    ...{ id, labels: {}, destination: { dataset: place.schema, table }, nullToken: '\\NABCD' },
    uris: [`gs://${bucket.name}/${name}`],
    columns: [
      { name: 'id', type: 'INT64', mode: 'NULLABLE' },
      { name: 'state', type: 'INT64', mode: 'NULLABLE' },
      { name: 'body', type: 'STRING', mode: 'NULLABLE' },
    ],
    ...{ disposition: 'keep-schema', partitioning: null, clustering: [] },
  });
  await until(async () => (await destination.getPublish(id))?.state === 'done');
}

async function doubleHistory(): Promise<void> {
  const { HISTORY_DATASET, HISTORY_TABLE } = place.config.settings;
  const table = `\`${HISTORY_DATASET}.${HISTORY_TABLE}\``;
  await place.adapters.query(`INSERT INTO ${table} SELECT * FROM ${table} WHERE table_name = 't02'`);
}
