import { randomBytes } from 'node:crypto';
import type { DatasetFacts, Inspection } from '../../pipeline/ports/index.ts';
import { type BigQuerySettings, createClient, orNull, restCall, retrying } from './client.ts';

const TRIAL_LIFE_MS = 3_600_000;

interface DatasetResource {
  location: string;
  defaultTableExpirationMs?: string;
  defaultPartitionExpirationMs?: string;
}

/** BigQuery's part of `Inspection`. */
export function inspectBigQuery(
  settings: BigQuerySettings,
): Pick<Inspection, 'dataset' | 'tryQuery' | 'tryWritingTables'> {
  const client = createClient(settings);
  return {
    dataset: (name) =>
      retrying(settings, async () => {
        const uri = `/datasets/${name}`;
        const found = await orNull(() => restCall<DatasetResource>(client, { method: 'GET', uri }));
        return found && toFacts(found);
      }),
    tryQuery: () =>
      retrying(
        settings,
        async () => void (await client.query({ query: 'SELECT 1 AS um', location: settings.location })),
      ),
    tryWritingTables: (dataset) =>
      retrying(settings, async () => {
        const table = `adutora_doctor_${randomBytes(4).toString('hex')}`;
        const uri = `/datasets/${dataset}/tables`;
        await restCall(client, {
          method: 'POST',
          uri,
          json: {
            tableReference: { projectId: settings.projectId, datasetId: dataset, tableId: table },
            schema: { fields: [{ name: 'um', type: 'INT64' }] },
            // It goes away by itself if it cannot be removed.
            expirationTime: String(Date.now() + TRIAL_LIFE_MS),
          },
        });
        await orNull(() => restCall(client, { method: 'DELETE', uri: `${uri}/${table}` }));
      }),
  };
}

function toFacts({
  location,
  defaultTableExpirationMs,
  defaultPartitionExpirationMs,
}: DatasetResource): DatasetFacts {
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return {
    location,
    tableExpirationMs: number(defaultTableExpirationMs),
    partitionExpirationMs: number(defaultPartitionExpirationMs),
  };
}
