import { invalid, unknown } from './api-error.ts';
import type { JobResource } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import { jobWire } from './wire.ts';

const PARAMETERS = [
  'allUsers',
  'maxResults',
  'pageToken',
  'minCreationTime',
  'maxCreationTime',
  'stateFilter',
  'projection',
  // Google's client sends it with every call; it changes nothing but white space.
  'prettyPrint',
];
const STATES = ['done', 'pending', 'running'];
const PAGE_JOBS = 50;

/**
 * `jobs.list`: newest first, by state and time of creation, in pages; a parameter it does not know
 * is refused.
 */
export function listJobs(standIn: StandIn, query: URLSearchParams): object {
  const isFull = isFullProjection(query);
  const found = standIn.resources.list('job').filter(filterOf(query)).sort(newestFirst);
  const token = query.get('pageToken');
  const start = token === null ? 0 : found.findIndex(({ id }) => id === token) + 1;
  if (token !== null && start === 0) throw invalid(`Invalid page token ${token}`);
  const page = found.slice(start, start + Number(query.get('maxResults') ?? PAGE_JOBS));
  const isLast = start + page.length >= found.length;
  return {
    kind: 'bigquery#jobList',
    jobs: page.map((job) => entry(standIn.project, job, isFull)),
    ...(!isLast && { nextPageToken: page.at(-1)?.id ?? token }),
  };
}

function isFullProjection(query: URLSearchParams): boolean {
  const extra = [...query.keys()].filter((key) => !PARAMETERS.includes(key));
  if (extra.length > 0) throw unknown(`the parameter ${extra.join(', ')} of jobs.list`);
  const projection = query.get('projection') ?? 'minimal';
  if (!['full', 'minimal'].includes(projection)) throw invalid(`Invalid projection ${projection}`);
  return projection === 'full';
}

/** Times include both ends. */
function filterOf(query: URLSearchParams): (job: JobResource) => boolean {
  const states = query.getAll('stateFilter').map((state) => state.toLowerCase());
  const strange = states.find((state) => !STATES.includes(state));
  if (strange) throw invalid(`Invalid stateFilter ${strange}`);
  const min = Number(query.get('minCreationTime') ?? 0);
  const max = Number(query.get('maxCreationTime') ?? Number.MAX_SAFE_INTEGER);
  return ({ state, creationTime }) =>
    (states.length === 0 || states.includes(state.toLowerCase())) &&
    creationTime >= min &&
    creationTime <= max;
}

function newestFirst(one: JobResource, other: JobResource): number {
  return other.creationTime - one.creationTime || (one.id < other.id ? -1 : 1);
}

/** Only the full projection tells the configuration, and with it the labels. */
function entry(project: string, job: JobResource, isFull: boolean): object {
  const { configuration, ...minimal } = jobWire(project, job);
  const { error } = job;
  return {
    ...minimal,
    state: job.state,
    ...(error && { errorResult: error }),
    ...(isFull && { configuration }),
  };
}
