import { BigQuery } from '@google-cloud/bigquery';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isOwnStamp } from '../../../src/pipeline/load/publish/own-stamp.ts';
import type { PublishJob } from '../../../src/pipeline/ports/destination.ts';
import { openBigQuery, TOKEN } from '../../support/open-destination.ts';
import { freshName, stackEnv } from '../../support/stack-env.ts';
import { until } from '../../support/wait.ts';

const opened = openBigQuery();
const { destination } = opened;
const table = { dataset: freshName(), table: 'carimbo' };
const sourceId = freshName();
const { GOOGLE_CLOUD_PROJECT: projectId = '', BIGQUERY_EMULATOR_HOST: host } = stackEnv();
const person = new BigQuery({ projectId, apiEndpoint: `http://${host}` });

beforeAll(() => destination.ensureDataset(table.dataset));
afterAll(() => opened.drop?.(table.dataset));

async function publish(): Promise<PublishJob> {
  const id = `${sourceId}-${freshName()}`;
  await destination.publish({
    ...{ id, labels: {}, destination: table, uris: await opened.good(), nullToken: TOKEN, clustering: [] },
    columns: [
      { name: 'id', type: 'INT64', mode: 'NULLABLE' },
      { name: 'texto', type: 'STRING', mode: 'NULLABLE' },
    ],
    disposition: 'replace-schema',
    partitioning: null,
  });
  return until(async () => {
    const job = await destination.getPublish(id);
    return job?.state === 'done' && job;
  });
}
const isOwn = async (job: PublishJob) =>
  isOwnStamp(
    { load: { sourceId, destination: table }, facts: await destination.describe(table), job },
    { destination },
  );

it('the state after our own publish is our own, again and again', async () => {
  for (let night = 0; night < 3; night += 1) expect(await isOwn(await publish())).toBe(true);
});

it('a change by a person within the same second is not, though the rows count the same', async () => {
  const job = await publish();
  await person.query(`UPDATE \`${table.dataset}.carimbo\` SET texto = 'de gente' WHERE id = 1`);
  expect(await destination.describe(table)).toMatchObject({ rows: 2 });
  expect(await isOwn(job)).toBe(false);
  // The load that follows makes it known again.
  expect(await isOwn(await publish())).toBe(true);
});

it('a load of somebody else right after ours is not', async () => {
  const job = await publish();
  const [, other] = [job, await publish()];
  expect(await isOwn(other)).toBe(true);
  const facts = await destination.describe(table);
  const load = { sourceId: 'somebody', destination: table };
  expect(await isOwnStamp({ load, facts, job }, { destination })).toBe(false);
});
