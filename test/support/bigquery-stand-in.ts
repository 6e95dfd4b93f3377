import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { startBigQueryStandIn } from '../../local/bigquery/server.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import { freshName, stackEnv } from './stack-env.ts';

const POLL_MS = 20;

export const LOCATION = 'southamerica-east1';
export const TOKEN = '\\NABCD';
/** The dataset that is there. */
export const DATASET = 'd';
export const SCHEMA = [
  { name: 'id', type: 'INT64', mode: 'REQUIRED' },
  { name: 'texto', type: 'STRING', mode: 'NULLABLE' },
];

/** A job as the API shows it: the parts that tests read. */
export interface Job {
  jobReference: { jobId: string };
  configuration?: { labels?: Record<string, string> };
  status: { state: string; errorResult?: { reason: string; message: string } };
  statistics: {
    startTime: string;
    creationTime: string;
    load?: { outputRows: string; inputFiles: string };
    copy?: { copiedRows: string };
  };
}

/** A BigQuery stand-in of a test's own on the stack's Cloud Storage, and Google's client for it. */
export interface OwnBigQuery {
  client: BigQuery;
  bucket: Bucket;
  address: string;
  project: string;
  /** Puts an object; gives its address. */
  put(bytes: string | Buffer): Promise<string>;
  insertJob(configuration: object, jobId?: string): Promise<Job>;
  /** Waits for the end of a job. */
  ended(jobId: string): Promise<Job>;
  insertLoad(
    table: string,
    uris: string[],
    changes?: object,
    more?: { jobId?: string; labels?: object },
  ): Promise<Job>;
  /** A load to its end, failed or not. */
  load(table: string, uris: string[], changes?: object): Promise<Job>;
  copy(source: string, destination: string, changes?: object): Promise<Job>;
  rows(sql: string): Promise<object[]>;
  rest<T>(method: string, uri: string, json?: object): Promise<T>;
  /** Stops the stand-in and starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openBigQuery(): Promise<OwnBigQuery> {
  const env = stackEnv();
  const project = env['GOOGLE_CLOUD_PROJECT'] ?? '';
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-bigquery-'));
  const gcsEndpoint = `http://${env['GCS_API_ENDPOINT']}`;
  const start = (port: number) => startBigQueryStandIn({ port, dataDir, gcsEndpoint, project });
  let standIn = await start(0);
  const { address } = standIn;
  const bucket = createBucket({
    projectId: project,
    bucket: env['GCS_BUCKET'] ?? '',
    apiEndpoint: env['GCS_API_ENDPOINT'],
  });
  const client = new BigQuery({
    projectId: project,
    location: LOCATION,
    apiEndpoint: address,
    autoRetry: false,
  });
  await client.createDataset(DATASET, { location: LOCATION });
  return {
    ...createTools(client, bucket),
    client,
    bucket,
    address,
    project,
    restart: async () => {
      await standIn.close();
      standIn = await start(Number(new URL(address).port));
    },
    close: async () => {
      await standIn.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

function createTools(client: BigQuery, bucket: Bucket) {
  const projectId = client.projectId;
  const rest = <T>(method: string, uri: string, json?: object) =>
    new Promise<T>((resolve, reject) => {
      // The client would escape the question mark.
      const [path, search] = uri.split('?');
      const request = {
        method,
        uri: path,
        qs: Object.fromEntries(new URLSearchParams(search)),
        ...(json && { json }),
      };
      client.request(request as never, (error: Error | null, body: unknown) =>
        error ? reject(error) : resolve(body as T),
      );
    });
  const reference = (tableId: string) => ({ projectId, datasetId: DATASET, tableId });
  const insertJob = (configuration: object, jobId = freshName()) =>
    rest<Job>('POST', '/jobs', { jobReference: { projectId, jobId, location: LOCATION }, configuration });
  const ended = async (jobId: string): Promise<Job> => {
    for (;;) {
      const job = await rest<Job>('GET', `/jobs/${jobId}?location=${LOCATION}`);
      if (job.status.state === 'DONE') return job;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const toEnd = async (inserted: Promise<Job>) => ended((await inserted).jobReference.jobId);
  const insertLoad: OwnBigQuery['insertLoad'] = (table, sourceUris, changes = {}, more = {}) => {
    const load = { ...loadOptions(sourceUris), destinationTable: reference(table), ...changes };
    return insertJob({ load, labels: more.labels ?? {} }, more.jobId);
  };
  return {
    put: async (bytes: string | Buffer) => {
      const name = `${freshName()}.csv`;
      await bucket.create({ name, bytes: Buffer.from(bytes), contentType: 'text/csv' });
      return `gs://${bucket.name}/${name}`;
    },
    insertJob,
    ended,
    insertLoad,
    load: (table: string, uris: string[], changes: object = {}) => toEnd(insertLoad(table, uris, changes)),
    copy: (source: string, destination: string, changes: object = {}) => {
      const tables = { sourceTable: reference(source), destinationTable: reference(destination) };
      return toEnd(insertJob({ copy: { ...tables, writeDisposition: 'WRITE_TRUNCATE', ...changes } }));
    },
    rows: async (sql: string) => (await client.query({ query: sql, location: LOCATION }))[0] as object[],
    rest,
  };
}

function loadOptions(sourceUris: string[]): object {
  return {
    sourceUris,
    sourceFormat: 'CSV',
    fieldDelimiter: ',',
    quote: '"',
    encoding: 'UTF-8',
    allowQuotedNewlines: true,
    preserveAsciiControlCharacters: true,
    skipLeadingRows: 0,
    nullMarker: TOKEN,
    ignoreUnknownValues: false,
    maxBadRecords: 0,
    autodetect: false,
    schema: { fields: SCHEMA },
    createDisposition: 'CREATE_IF_NEEDED',
    writeDisposition: 'WRITE_TRUNCATE',
  };
}
