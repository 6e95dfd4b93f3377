import { type BigQuerySettings, createClient } from '../../src/adapters/bigquery/client.ts';

/** Removes a dataset of a test with everything in it; one that is not there is no error. */
export async function dropDataset(settings: BigQuerySettings, dataset: string): Promise<void> {
  await createClient(settings)
    .dataset(dataset)
    .delete({ force: true })
    .catch((error: { code?: number }) => {
      if (error.code !== 404) throw error;
    });
}
