import { unknown } from './api-error.ts';
import { deleteDataset, getDataset, insertDataset, patchDataset } from './datasets.ts';
import { listJobs } from './job-list.ts';
import type { Jobs } from './jobs.ts';
import type { TableResource } from './resources.ts';
import type { StandIn } from './stand-in.ts';
import {
  addRowAccessPolicy as addPolicy,
  countRows,
  deleteTable,
  getTable,
  insertTable,
  patchTable,
} from './tables.ts';
import { datasetWire, jobWire, tableWire } from './wire.ts';

interface Call {
  standIn: StandIn;
  jobs: Jobs;
  /** Path parameters in order. */
  path: string[];
  query: URLSearchParams;
  // The body is checked where it is used; what nobody uses is refused there.
  body: never;
}

type Route = [method: string, path: RegExp, handle: (call: Call) => Promise<object | null> | object | null];

const tables = (suffix = ''): RegExp => new RegExp(`^/datasets/([^/]+)/tables${suffix}$`);

async function showTable({ standIn }: Call, table: TableResource): Promise<object> {
  const rows = await countRows(standIn, table);
  return tableWire(
    { project: standIn.project, location: getDataset(standIn, table.dataset).location, rows },
    table,
  );
}

const part = (call: Call, index: number): string => call.path[index] ?? '';

const ROUTES: readonly Route[] = [
  [
    'POST',
    /^\/datasets$/,
    async ({ standIn, body }) => datasetWire(standIn.project, await insertDataset(standIn, body)),
  ],
  [
    'GET',
    /^\/datasets$/,
    ({ standIn }) => ({
      datasets: standIn.resources.list('dataset').map((dataset) => datasetWire(standIn.project, dataset)),
    }),
  ],
  [
    'GET',
    /^\/datasets\/([^/]+)$/,
    (call) => datasetWire(call.standIn.project, getDataset(call.standIn, part(call, 0))),
  ],
  [
    'PATCH',
    /^\/datasets\/([^/]+)$/,
    async (call) =>
      datasetWire(call.standIn.project, await patchDataset(call.standIn, part(call, 0), call.body)),
  ],
  [
    'DELETE',
    /^\/datasets\/([^/]+)$/,
    async (call) =>
      deleteDataset(call.standIn, part(call, 0), call.query.get('deleteContents') === 'true').then(
        () => null,
      ),
  ],
  [
    'POST',
    tables(),
    async (call) => showTable(call, await insertTable(call.standIn, part(call, 0), call.body)),
  ],
  ['GET', tables(), listTables],
  [
    'GET',
    tables('/([^/]+)'),
    async (call) => showTable(call, getTable(call.standIn, part(call, 0), part(call, 1))),
  ],
  [
    'PATCH',
    tables('/([^/]+)'),
    async (call) =>
      showTable(
        call,
        await patchTable(call.standIn, { dataset: part(call, 0), id: part(call, 1) }, call.body),
      ),
  ],
  [
    'DELETE',
    tables('/([^/]+)'),
    async (call) => deleteTable(call.standIn, part(call, 0), part(call, 1)).then(() => null),
  ],
  [
    'GET',
    tables('/([^/]+)/rowAccessPolicies'),
    (call) => ({ rowAccessPolicies: getTable(call.standIn, part(call, 0), part(call, 1)).rowAccessPolicies }),
  ],
  ['POST', tables('/([^/]+)/rowAccessPolicies'), addRowAccessPolicy],
  ['POST', /^\/jobs$/, async ({ standIn, jobs, body }) => jobWire(standIn.project, await jobs.insert(body))],
  ['GET', /^\/jobs$/, ({ standIn, query }) => listJobs(standIn, query)],
  [
    'GET',
    /^\/jobs\/([^/]+)$/,
    (call) => jobWire(call.standIn.project, call.jobs.get(part(call, 0), call.query.get('location'))),
  ],
  // A job ends within seconds here: cancelling does nothing, and says what the job is, as the real
  // one may.
  [
    'POST',
    /^\/jobs\/([^/]+)\/cancel$/,
    (call) => ({
      job: jobWire(call.standIn.project, call.jobs.get(part(call, 0), call.query.get('location'))),
    }),
  ],
  ['POST', /^\/queries$/, ({ jobs, body }) => jobs.query(body)],
  ['GET', /^\/queries\/([^/]+)$/, (call) => call.jobs.results(part(call, 0), call.query)],
];

function listTables(call: Call): object {
  const dataset = part(call, 0);
  const { location } = getDataset(call.standIn, dataset);
  const found = call.standIn.resources.list('table').filter((table) => table.dataset === dataset);
  return {
    tables: found.map((table) => tableWire({ project: call.standIn.project, location, rows: 0 }, table)),
    totalItems: found.length,
  };
}

async function addRowAccessPolicy(call: Call): Promise<object> {
  await addPolicy(call.standIn, { dataset: part(call, 0), id: part(call, 1) }, call.body);
  return call.body;
}

/** The answer to a call, null for an empty one; what it does not know it refuses. */
export function route(
  request: { method: string; url: string; body: string },
  { standIn, jobs }: Pick<Call, 'standIn' | 'jobs'>,
): Promise<object | null> | object | null {
  const { method, url, body } = request;
  const { pathname, searchParams: query } = new URL(url, 'http://stand-in');
  if (pathname === '/ready') return { ready: true };
  const below = /^(?:\/bigquery\/v2)?\/projects\/([^/]+)(\/.*)$/.exec(pathname);
  if (!below?.[2] || below[1] !== standIn.project)
    throw unknown(`${method} ${pathname} (project ${standIn.project})`);
  const path = decodeURIComponent(below[2]);
  for (const [known, pattern, handle] of ROUTES) {
    const match = known === method ? pattern.exec(path) : null;
    if (!match) continue;
    const parsed = (body === '' ? {} : JSON.parse(body)) as never;
    return handle({ standIn, jobs, path: match.slice(1), query, body: parsed });
  }
  throw unknown(`${method} ${path}`);
}
