import type { BigQuery } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import { copyJobIds } from '../../pipeline/names/index.ts';
import type { DestinationRef } from '../../pipeline/objects/index.ts';
import type { Destination, PublishJob } from '../../pipeline/ports/index.ts';
import type { BigQuerySettings } from './client.ts';
import { getPublish, insertJob, insertQuery, waitUntilDone } from './publish-jobs.ts';

const POLL_MS = 1_000;
/** Copies that one call starts. */
const TRIES = 3;

/** Copies a table, as it is or was. Where that is not to be had the destination stays as it is. */
export async function copy(
  client: BigQuery,
  settings: BigQuerySettings,
  request: Parameters<Destination['copy']>[0],
): Promise<boolean> {
  const { dataset, table } = request.destination;
  let tries = 0;
  let failure = '';
  for (const id of copyJobIds(request.id)) {
    if (tries >= TRIES) break;
    const known = await getPublish(client, settings, id);
    if (!known) tries += 1;
    const started = known ?? (await insertCopy(client, settings, { ...request, id }));
    const job = await waitUntilDone(started, () => getPublish(client, settings, id), POLL_MS);
    if (job.kind === 'burnt')
      throw new LoadError('OVERTAKEN', `${dataset}.${table}: somebody else has used up the id ${id}.`);
    if (!job.error) return true;
    if (job.error.reason === 'notFound' || job.error.reason === 'invalid') return false;
    failure = job.error.message;
  }
  throw new LoadError('DESTINATION_UNAVAILABLE', `${dataset}.${table} could not be copied: ${failure}`);
}

/** The copy that has succeeded. */
export async function getCopy(
  client: BigQuery,
  settings: BigQuerySettings,
  id: string,
): Promise<PublishJob | null> {
  for (const copyId of copyJobIds(id)) {
    const job = await getPublish(client, settings, copyId);
    if (!job || job.kind === 'burnt') return null;
    if (job.state === 'done' && !job.error) return job;
  }
  return null;
}

/** DROP TABLE as a job: unlike tables.delete it has an id, which somebody else can use up. */
export async function drop(
  client: BigQuery,
  settings: BigQuerySettings,
  { id, destination: { dataset, table } }: Parameters<Destination['drop']>[0],
): Promise<PublishJob> {
  const query = `DROP TABLE IF EXISTS \`${settings.projectId}.${dataset}.${table}\``;
  const started = await insertQuery(client, settings, { id, query, labels: {} });
  return waitUntilDone(started, () => getPublish(client, settings, id), POLL_MS);
}

function insertCopy(
  client: BigQuery,
  settings: BigQuerySettings,
  { id, source, at, destination }: Parameters<Destination['copy']>[0],
): Promise<PublishJob> {
  const reference = ({ dataset, table }: DestinationRef) => ({
    projectId: settings.projectId,
    datasetId: dataset,
    tableId: table,
  });
  const decorator = at === null ? '' : `@${at.getTime()}`;
  const configuration = {
    sourceTable: { ...reference(source), tableId: `${source.table}${decorator}` },
    destinationTable: reference(destination),
    writeDisposition: 'WRITE_TRUNCATE',
    createDisposition: 'CREATE_IF_NEEDED',
  };
  return insertJob(client, settings, { id, labels: {}, configuration: { copy: configuration } });
}
