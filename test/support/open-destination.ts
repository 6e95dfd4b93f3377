import { createDestination } from '../../src/adapters/bigquery/destination.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import type { Destination } from '../../src/pipeline/ports/destination.ts';
import { dropDataset } from './drop-dataset.ts';
import { createMemoryDestination } from './fakes/memory-destination.ts';
import { freshName, stackEnv } from './stack-env.ts';

/** Null token of the contract suite. */
export const TOKEN = '\\Nabcd';

/** A destination with what the contract suite needs around it. */
export interface OpenedDestination {
  destination: Destination;
  /** Puts two good rows where the next publish finds them. */
  good(): Promise<string[]>;
  /** Makes the next publish fail. */
  bad(): Promise<string[]>;
  /** Removes a dataset, and the objects that it came from. */
  drop?(dataset: string): Promise<void>;
}

/** BigQuery's adapter on the stack's stand-in, or on the project of `settings`. */
export function openBigQuery(settings: Record<string, string> = stackEnv()): OpenedDestination {
  const projectId = settings['GOOGLE_CLOUD_PROJECT'] ?? '';
  const bucket = createBucket({
    projectId,
    bucket: settings['GCS_BUCKET'] ?? '',
    apiEndpoint: settings['GCS_API_ENDPOINT'],
  });
  const prefix = `${freshName()}/`;
  const put = async (text: string) => {
    const name = `${prefix}${freshName()}.csv`;
    await bucket.create({ name, bytes: Buffer.from(text), contentType: 'text/csv' });
    return [`gs://${bucket.name}/${name}`];
  };
  const bigquery = {
    projectId,
    location: settings['BIGQUERY_LOCATION'] ?? '',
    emulatorHost: settings['BIGQUERY_EMULATOR_HOST'],
  };
  return {
    destination: createDestination(bigquery),
    drop: async (dataset) => {
      await dropDataset(bigquery, dataset);
      await bucket.remove((await bucket.list(prefix)).map(({ name }) => name));
    },
    good: () => put(`1,"um"\n2,${TOKEN}\n`),
    bad: () => put('1,"um"\nnot a number,"x"\n'),
  };
}

/** The fake. */
export function openMemory(): OpenedDestination {
  const destination = createMemoryDestination(() => 2);
  return {
    destination,
    good: async () => ['gs://b/good'],
    bad: async () => {
      destination.failures.push({ reason: 'invalid', message: 'not a number', isTransient: false });
      return ['gs://b/bad'];
    },
  };
}
