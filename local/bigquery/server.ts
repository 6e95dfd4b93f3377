import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ApiError, unknown } from './api-error.ts';
import {
  countRows,
  deleteDataset,
  deleteTable,
  getDataset,
  getTable,
  insertDataset,
  insertTable,
  patchTable,
  type StandIn,
} from './catalog.ts';
import { Database } from './database.ts';
import { Jobs } from './jobs.ts';
import { Resources, type TableResource, tableId } from './resources.ts';
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
  [
    'GET',
    /^\/jobs$/,
    ({ standIn, jobs }) => ({ jobs: jobs.list().map((job) => jobWire(standIn.project, job)) }),
  ],
  [
    'GET',
    /^\/jobs\/([^/]+)$/,
    (call) => jobWire(call.standIn.project, call.jobs.get(part(call, 0), call.query.get('location'))),
  ],
  // A job ends within seconds here: cancelling does nothing, and says what the job is, as the real one may.
  [
    'POST',
    /^\/jobs\/([^/]+)\/cancel$/,
    (call) => ({
      job: jobWire(call.standIn.project, call.jobs.get(part(call, 0), call.query.get('location'))),
    }),
  ],
  ['POST', /^\/queries$/, ({ jobs, body }) => jobs.query(body)],
  [
    'GET',
    /^\/queries\/([^/]+)$/,
    (call) =>
      call.jobs.results(part(call, 0), {
        location: call.query.get('location'),
        ...Object.fromEntries(call.query),
      }),
  ],
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
  const { standIn, body } = call;
  const table = getTable(standIn, part(call, 0), part(call, 1));
  const changed = { ...table, rowAccessPolicies: [...table.rowAccessPolicies, body] };
  await standIn.database.exclusively(() =>
    standIn.resources.put('table', tableId(table.dataset, table.id), changed),
  );
  return body;
}

export interface BigQueryStandInSettings {
  port: number;
  dataDir: string;
  /** Address of the Cloud Storage stand-in, such as `http://127.0.0.1:4443`. */
  gcsEndpoint: string;
  project: string;
}

/** BigQuery's REST API v2 on a loopback port, on one DuckDB file. */
export async function startBigQueryStandIn(
  settings: BigQueryStandInSettings,
): Promise<{ address: string; close(): Promise<void> }> {
  const { dataDir, project } = settings;
  mkdirSync(dataDir, { recursive: true });
  const database = await Database.open(join(dataDir, 'bigquery.duckdb'));
  const standIn: StandIn = {
    database,
    resources: await Resources.open(database),
    project,
    gcs: settings.gcsEndpoint,
    dataDir,
  };
  const jobs = new Jobs(standIn);
  await jobs.recover();
  const server = createServer((request, response) => void answer(request, response, { standIn, jobs }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    address: `http://127.0.0.1:${typeof address === 'object' ? address?.port : settings.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await jobs.settled();
      await database.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: { standIn: StandIn; jobs: Jobs },
): Promise<void> {
  try {
    const result = await route(request, context);
    response.writeHead(result === null ? 204 : 200, { 'content-type': 'application/json' });
    response.end(result === null ? '' : JSON.stringify(result));
  } catch (error) {
    const known =
      error instanceof ApiError
        ? error
        : new ApiError(500, 'internalError', (error as Error).stack ?? String(error));
    const { status, reason, message } = known;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        error: { code: status, message, errors: [{ reason, message, domain: 'global' }], status: reason },
      }),
    );
  }
}

async function route(
  request: IncomingMessage,
  { standIn, jobs }: { standIn: StandIn; jobs: Jobs },
): Promise<object | null> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/ready') return { ready: true };
  const below = /^(?:\/bigquery\/v2)?\/projects\/([^/]+)(\/.*)$/.exec(url.pathname);
  if (!below?.[2] || below[1] !== standIn.project)
    throw unknown(`${request.method} ${url.pathname} (project ${standIn.project})`);
  const path = decodeURIComponent(below[2]);
  for (const [method, pattern, handle] of ROUTES) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (match)
      return handle({
        standIn,
        jobs,
        path: match.slice(1),
        query: url.searchParams,
        body: (await readBody(request)) as never,
      });
  }
  throw unknown(`${request.method} ${path}`);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}
