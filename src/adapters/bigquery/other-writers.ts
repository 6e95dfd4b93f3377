import type { BigQuery } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { DestinationRef } from '../../pipeline/objects/index.ts';
import type { Destination, OtherWriters } from '../../pipeline/ports/index.ts';
import { type BigQuerySettings, restCall, retrying } from './client.ts';

/**
 * Jobs that began longer before are not looked for: a load that takes its seconds beside such a one
 * is told by the table's own time.
 */
const LOOK_BACK_MS = 600_000;
const MAX_PAGES = 20;
/** A procedure hides what it writes to. */
const HIDING = new Set(['CALL', 'EXECUTE', '']);
const READING = new Set(['SELECT', 'WITH', 'EXPORT_DATA', 'EXPORT']);

interface TableName {
  datasetId?: string;
  tableId?: string;
}

export interface ListedJob {
  jobReference: { jobId: string };
  state?: string;
  configuration?: {
    load?: { destinationTable?: TableName };
    copy?: { destinationTable?: TableName };
    query?: { query?: string; destinationTable?: TableName; defaultDataset?: { datasetId?: string } };
  };
  statistics?: { endTime?: string; query?: { statementType?: string } };
}

/**
 * What the project's list of jobs shows of other writers of a table; a list without an end shows
 * nothing.
 */
export async function otherWriters(
  client: BigQuery,
  settings: BigQuerySettings,
  { destination, since, own }: Parameters<Destination['otherWriters']>[0],
): Promise<OtherWriters> {
  const from = Date.parse(since);
  let found: OtherWriters = 'none';
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const qs = {
      ...{ allUsers: 'true', projection: 'full', maxResults: '1000' },
      minCreationTime: String(from - LOOK_BACK_MS),
      ...(pageToken && { pageToken }),
    };
    const list = () =>
      restCall<{ jobs?: ListedJob[]; nextPageToken?: string }>(client, { method: 'GET', uri: '/jobs', qs });
    const answer = await retrying(settings, list).catch(unreadable);
    if (!answer) return 'untold';
    const others = (answer.jobs ?? []).filter((job) => !own.some((prefix) => isOwn(job, prefix)));
    const seen = new Set(others.map((job) => writerOf(job, destination, from)));
    if (seen.has('named')) return 'named';
    if (seen.has('hidden')) found = 'hidden';
    if (!answer.nextPageToken) return found;
    pageToken = answer.nextPageToken;
  }
  return 'untold';
}

/** The jobs of others take a right that the worker need not have. */
function unreadable(thrown: unknown): null {
  if (thrown instanceof LoadError && thrown.code === 'DESTINATION_DENIED') return null;
  throw thrown;
}

const isOwn = ({ jobReference }: ListedJob, prefix: string) => jobReference.jobId.startsWith(prefix);

/** Whether a job was at work after then, and writes to the table, or may. */
export function writerOf(
  { configuration = {}, statistics }: ListedJob,
  { dataset, table }: DestinationRef,
  from: number,
): 'none' | 'named' | 'hidden' {
  const endTime = statistics?.endTime;
  if (endTime !== undefined && Number(endTime) < from) return 'none';
  const { load, copy, query } = configuration;
  const targets = [load, copy, query].map((one) => one?.destinationTable);
  if (targets.some((target) => target?.datasetId === dataset && target.tableId === table)) return 'named';
  if (!query) return 'none';
  const text = (query.query ?? '').toLowerCase();
  const type = statistics?.query?.statementType ?? /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
  if (READING.has(type)) return 'none';
  const isOfDataset = text.includes(dataset.toLowerCase()) || query.defaultDataset?.datasetId === dataset;
  if (isOfDataset && text.includes(table.toLowerCase())) return 'named';
  return HIDING.has(type) ? 'hidden' : 'none';
}
