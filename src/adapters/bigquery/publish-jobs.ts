import { setTimeout as pause } from 'node:timers/promises';
import type { BigQuery } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { DestinationRef } from '../../pipeline/objects/index.ts';
import { askAgain, type PublishJob, type PublishRequest } from '../../pipeline/ports/index.ts';
import {
  type BigQuerySettings,
  isTransientReason,
  knownSoon,
  orNull,
  restCall,
  retrying,
  statusOf,
} from './client.ts';

/** A job resource as BigQuery returns it: the parts that are read. */
interface JobResource {
  jobReference: { jobId: string };
  configuration: {
    labels?: Record<string, string>;
    load?: { destinationTable: { datasetId: string; tableId: string } };
    copy?: unknown;
  };
  status: { state: 'PENDING' | 'RUNNING' | 'DONE'; errorResult?: { reason?: string; message?: string } };
  statistics?: { startTime?: string; endTime?: string; load?: { outputRows?: string } };
}

const STATES = { PENDING: 'pending', RUNNING: 'running', DONE: 'done' } as const;

/** Inserts a load job under its id. An id that is taken is answered with the job that has it. */
export function insertPublish(
  client: BigQuery,
  settings: BigQuerySettings,
  request: PublishRequest,
): Promise<PublishJob> {
  if (request.uris.length === 0)
    throw new LoadError('DESTINATION_INVALID', `${request.id}: a load needs at least one object.`);
  return insertJob(client, settings, {
    id: request.id,
    labels: request.labels,
    configuration: { load: loadConfiguration(request, settings.projectId) },
  });
}

/** Inserts any job under a fixed id; lost answers and taken ids end in asking for the id. */
export function insertJob(
  client: BigQuery,
  settings: BigQuerySettings,
  job: { id: string; labels: Record<string, string>; configuration: Record<string, unknown> },
): Promise<PublishJob> {
  const { projectId, location } = settings;
  const body = {
    jobReference: { projectId, jobId: job.id, location },
    configuration: { ...job.configuration, labels: job.labels },
  };
  return retrying(settings, async () => {
    try {
      const insert = () => restCall<JobResource>(client, { method: 'POST', uri: '/jobs', json: body });
      return toPublishJob(await knownSoon(insert));
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      const taken = await fetchJob(client, settings, job.id);
      if (taken) return taken;
      const message = `BigQuery says that job ${job.id} exists, and does not know it in ${location}.`;
      throw new LoadError('DESTINATION_UNAVAILABLE', message, { cause: error });
    }
  });
}

/** Label of a query that only uses its id up. */
const BURNT = 'burnt';

/**
 * Inserts a query that does nothing under an id: no other job can have it any more. A taken id is
 * answered with the job that has it.
 */
export function burn(client: BigQuery, settings: BigQuerySettings, id: string): Promise<PublishJob> {
  return insertQuery(client, settings, { id, query: 'SELECT 1', labels: { [BURNT]: 'true' } });
}

/** Inserts a query under a fixed id. */
export function insertQuery(
  client: BigQuery,
  settings: BigQuerySettings,
  { id, query, labels }: { id: string; query: string; labels: Record<string, string> },
): Promise<PublishJob> {
  return insertJob(client, settings, {
    id,
    labels,
    configuration: { query: { query, useLegacySql: false } },
  });
}

/** The job of an id in our location, or null. */
export function getPublish(
  client: BigQuery,
  settings: BigQuerySettings,
  id: string,
): Promise<PublishJob | null> {
  return retrying(settings, () => fetchJob(client, settings, id));
}

/**
 * The job as it is when it has ended. Throws `DESTINATION_UNAVAILABLE` where BigQuery knows it no
 * more.
 */
export async function waitUntilDone(
  job: PublishJob,
  ask: () => Promise<PublishJob | null>,
  pollMs: number,
): Promise<PublishJob> {
  let current = job;
  while (current.state !== 'done') {
    await pause(pollMs);
    const found = await askAgain(ask, (ms) => pause(ms));
    if (!found)
      throw new LoadError(
        'DESTINATION_UNAVAILABLE',
        `BigQuery no longer knows job ${job.id}, which was running.`,
      );
    current = found;
  }
  return current;
}

async function fetchJob(
  client: BigQuery,
  { location }: BigQuerySettings,
  id: string,
): Promise<PublishJob | null> {
  const job = await orNull(() =>
    restCall<JobResource>(client, { method: 'GET', uri: `/jobs/${id}`, qs: { location } }),
  );
  return job && toPublishJob(job);
}

/** The CSV dialect that `spark/adutora_line.py` writes, and an exact list of objects. */
function loadConfiguration(request: PublishRequest, projectId: string): Record<string, unknown> {
  const { destination } = request;
  return {
    sourceUris: request.uris,
    sourceFormat: 'CSV',
    fieldDelimiter: ',',
    quote: '"',
    encoding: 'UTF-8',
    allowQuotedNewlines: true,
    preserveAsciiControlCharacters: true,
    skipLeadingRows: 0,
    nullMarker: request.nullToken,
    ignoreUnknownValues: false,
    maxBadRecords: 0,
    autodetect: false,
    schema: { fields: request.columns },
    destinationTable: { projectId, datasetId: destination.dataset, tableId: destination.table },
    ...optionsOf(request),
    createDisposition: 'CREATE_IF_NEEDED',
    writeDisposition: request.disposition === 'keep-schema' ? 'WRITE_TRUNCATE_DATA' : 'WRITE_TRUNCATE',
  };
}

function optionsOf({ partitioning, clustering }: PublishRequest): Record<string, unknown> {
  return {
    ...(partitioning && {
      timePartitioning: { type: partitioning.granularity, field: partitioning.column },
    }),
    ...(clustering.length > 0 && { clustering: { fields: clustering } }),
  };
}

function toPublishJob(job: JobResource): PublishJob {
  const { errorResult } = job.status;
  const reason = errorResult?.reason ?? '';
  const outputRows = job.statistics?.load?.outputRows;
  return {
    id: job.jobReference.jobId,
    state: STATES[job.status.state],
    error: errorResult
      ? { reason, message: errorResult.message ?? '', isTransient: isTransientReason(reason) }
      : null,
    labels: job.configuration.labels ?? {},
    kind: kindOf(job),
    destination: toDestination(job),
    outputRows: outputRows === undefined ? null : Number(outputRows),
    startedAt: toIso(job.statistics?.startTime),
    endedAt: toIso(job.statistics?.endTime),
  };
}

function kindOf({ configuration: { load, copy, labels } }: JobResource): PublishJob['kind'] {
  if (load) return 'load';
  return !copy && labels?.[BURNT] ? 'burnt' : 'other';
}

function toDestination({ configuration }: JobResource): DestinationRef | null {
  const table = configuration.load?.destinationTable;
  return table ? { dataset: table.datasetId, table: table.tableId } : null;
}

/** BigQuery's milliseconds as text → ISO. */
export function toIso(ms: string | undefined): string | null {
  return ms === undefined ? null : new Date(Number(ms)).toISOString();
}
