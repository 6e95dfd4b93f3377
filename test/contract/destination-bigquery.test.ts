import { describe, expect, it } from 'vitest';
import { createDestination } from '../../src/adapters/bigquery/destination.ts';
import { openBigQuery, TOKEN } from '../support/open-destination.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';
import { NO_RETRY, pause, until } from '../support/wait.ts';

const env = (name: string) => stackEnv()[name] ?? '';
const COLUMNS = [
  { name: 'id', type: 'INT64', mode: 'REQUIRED' },
  { name: 'texto', type: 'STRING', mode: 'NULLABLE' },
] as const;

describe('the BigQuery adapter', () => {
  it('refuses a dataset that is in another location', async () => {
    const dataset = freshName();
    await openBigQuery().destination.ensureDataset(dataset);
    const projectId = env('GOOGLE_CLOUD_PROJECT');
    const emulatorHost = env('BIGQUERY_EMULATOR_HOST');
    const elsewhere = createDestination({ projectId, location: 'europe-west1', emulatorHost });
    await expect(elsewhere.ensureDataset(dataset)).rejects.toMatchObject({ code: 'DATASET_LOCATION' });
  });

  it('says that a table could not be put back', async () => {
    const { destination, good } = openBigQuery();
    const table = { dataset: freshName(), table: 't' };
    await destination.ensureDataset(table.dataset);
    const publish = async () => {
      const id = freshName();
      await destination.publish({
        ...{ id, labels: {}, destination: table, uris: await good(), columns: COLUMNS, nullToken: TOKEN },
        disposition: 'replace-schema',
        partitioning: null,
        clustering: [],
      });
      await until(async () => (await destination.getPublish(id))?.state === 'done');
    };
    await publish();
    await pause(2);
    const at = new Date();
    // The stand-in keeps five; the real one says the like after seven days.
    for (let times = 0; times < 7; times += 1) await publish();
    const restoring = destination.copy({ id: freshName(), source: table, at, destination: table });
    await expect(restoring).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
  });

  it('says that nobody answers, and that it may be tried again', async () => {
    const away = createDestination({
      projectId: 'p',
      location: 'US',
      emulatorHost: 'http://127.0.0.1:9',
      retry: NO_RETRY,
    });
    await expect(away.describe({ dataset: 'd', table: 't' })).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      isTransient: true,
    });
  });
});
