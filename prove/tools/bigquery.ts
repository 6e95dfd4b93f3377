import { setTimeout as pause } from 'node:timers/promises';
import { BigQuery } from '@google-cloud/bigquery';

/** Like Adutora's: an unguessable text that no value equals. */
export const NULL_TOKEN = '\\Nprov';

export interface Field {
  name: string;
  type: string;
  mode?: string;
  precision?: string;
  scale?: string;
  description?: string;
  policyTags?: { names: string[] };
}

/** A job as the API shows it: the parts that are read. */
export interface Job {
  jobReference: { jobId: string; location: string };
  configuration: { labels?: Record<string, string> };
  status: { state: string; errorResult?: { reason: string; message: string } };
  statistics: { startTime?: string; endTime?: string; load?: { outputRows?: string; badRecords?: string } };
}

/** A table as the API shows it: the parts that are read. */
export interface Table {
  schema: { fields: Field[] };
  numRows: string;
  lastModifiedTime: string;
  etag: string;
  description?: string;
  labels?: Record<string, string>;
  timePartitioning?: unknown;
  clustering?: unknown;
  tableConstraints?: { primaryKey?: { columns?: string[] } };
}

export interface RestRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the project, such as `/jobs`. */
  uri: string;
  json?: unknown;
  qs?: Record<string, string>;
}

export interface LoadRequest {
  table: string;
  uris: readonly string[];
  fields: readonly Field[];
  disposition: 'WRITE_TRUNCATE' | 'WRITE_TRUNCATE_DATA';
  id?: string;
  labels?: Record<string, string>;
}

export interface BigQuerySettings {
  project: string;
  location: string;
  dataset: string;
  /** Starts every job id and table name. */
  mark: string;
  emulatorHost: string | null;
  signal: AbortSignal;
}

export type BigQueryTools = ReturnType<typeof createBigQueryTools>;

/** Job states are asked for this often. */
const POLL_MS = { standIn: 50, google: 1_000 };

/**
 * BigQuery's REST API with the client's authentication and none of its retries: an answer is seen
 * as it comes.
 */
export function createBigQueryTools(settings: BigQuerySettings) {
  const { project, location, dataset, mark, signal } = settings;
  const client = createClient(settings);
  let count = 0;
  const tables: string[] = [];
  const rest = <T>(request: RestRequest) => restCall<T>(client, request);
  const newName = (what: string) => `${mark}_${what}_${++count}`;
  const reference = (table: string) => ({ projectId: project, datasetId: dataset, tableId: table });

  const insert = (id: string, configuration: Record<string, unknown>) =>
    rest<Job>({
      method: 'POST',
      uri: '/jobs',
      json: { jobReference: { projectId: project, jobId: id, location }, configuration },
    });
  const getJob = (id: string, qs: Record<string, string> = { location }) =>
    rest<Job>({ method: 'GET', uri: `/jobs/${id}`, qs });
  const finish = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await getJob(id);
      if (job.status.state === 'DONE') return orNotImplemented(job);
      await pause(settings.emulatorHost ? POLL_MS.standIn : POLL_MS.google, undefined, { signal });
    }
  };
  const startLoad = (request: LoadRequest) =>
    insert(request.id ?? newName('load'), {
      load: loadConfiguration(request, reference(request.table)),
      labels: request.labels ?? {},
    });
  const tryLoad = async (request: LoadRequest) => finish((await startLoad(request)).jobReference.jobId);

  return {
    settings,
    client,
    rest,
    insert,
    getJob,
    finish,
    startLoad,
    /** A load job to its end, failed or not. */
    tryLoad,
    /** A load job that must succeed. */
    load: async (request: LoadRequest) => succeeded(await tryLoad(request)),
    newJobId: () => newName('job'),
    newTable: (what: string) => {
      const name = newName(what);
      tables.push(name);
      return name;
    },
    /** Names given by `newTable`; not all of them are there. */
    tables: (): readonly string[] => tables,
    reference,
    sqlName: (table: string) => `\`${project}.${dataset}.${table}\``,
    createTable: (table: string, more: Record<string, unknown>) =>
      rest<Table>({
        method: 'POST',
        uri: `/datasets/${dataset}/tables`,
        json: { tableReference: reference(table), ...more },
      }),
    getTable: (table: string) => rest<Table>({ method: 'GET', uri: `/datasets/${dataset}/tables/${table}` }),
    /** Rows of a SELECT, every value as the API's own text. */
    query: (sql: string) => queryRows(rest, sql, location),
  };
}

function createClient({ project, location, emulatorHost }: BigQuerySettings): BigQuery {
  const common = { projectId: project, location, autoRetry: false, maxRetries: 0 };
  return new BigQuery(emulatorHost ? { ...common, apiEndpoint: `http://${emulatorHost}` } : common);
}

function restCall<T>(client: BigQuery, request: RestRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    client.request(request as never, (error: Error | null, body: unknown) =>
      error ? reject(error) : resolve(body as T),
    );
  });
}

/** The dialect of Adutora's stage, as src/adapters/bigquery/publish-jobs.ts asks for it. */
function loadConfiguration(request: LoadRequest, destinationTable: object): Record<string, unknown> {
  return {
    sourceUris: request.uris,
    sourceFormat: 'CSV',
    fieldDelimiter: ',',
    quote: '"',
    encoding: 'UTF-8',
    allowQuotedNewlines: true,
    preserveAsciiControlCharacters: true,
    skipLeadingRows: 0,
    nullMarker: NULL_TOKEN,
    ignoreUnknownValues: false,
    maxBadRecords: 0,
    autodetect: false,
    schema: { fields: request.fields },
    destinationTable,
    createDisposition: 'CREATE_IF_NEEDED',
    writeDisposition: request.disposition,
  };
}

/** A stand-in may find out only while a job runs that it does not know something. */
function orNotImplemented(job: Job): Job {
  const { errorResult } = job.status;
  if (errorResult?.reason !== 'notImplemented') return job;
  throw Object.assign(new Error(errorResult.message), { code: 501 });
}

export function succeeded(job: Job): Job {
  const { errorResult } = job.status;
  if (!errorResult) return job;
  throw new Error(
    `job ${job.jobReference.jobId} failed unexpectedly: ${errorResult.reason}: ${errorResult.message}`,
  );
}

async function queryRows(
  rest: <T>(request: RestRequest) => Promise<T>,
  query: string,
  location: string,
): Promise<(string | null)[][]> {
  const answer = await rest<{ jobComplete: boolean; rows?: { f: { v: string | null }[] }[] }>({
    method: 'POST',
    uri: '/queries',
    json: {
      query,
      location,
      useLegacySql: false,
      timeoutMs: 60_000,
      formatOptions: { useInt64Timestamp: true },
    },
  });
  if (!answer.jobComplete) throw new Error(`the query did not end within a minute: ${query}`);
  return (answer.rows ?? []).map(({ f }) => f.map(({ v }) => v));
}
