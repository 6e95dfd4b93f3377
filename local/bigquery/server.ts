import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FaultRules } from '../faults/fault-rules.ts';
import { refusal, refuse } from '../strangers.ts';
import { ApiError } from './api-error.ts';
import { Database } from './database.ts';
import { Jobs } from './jobs.ts';
import { Resources } from './resources.ts';
import { route } from './routes.ts';
import type { StandIn } from './stand-in.ts';
import { adoptOldTables } from './storage.ts';
import { deleteExpired } from './tables.ts';

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
  await adoptOldTables(standIn);
  const jobs = new Jobs(standIn);
  await jobs.recover();
  const faults = new FaultRules();
  const server = createServer(
    (request, response) => void answer(request, response, { standIn, jobs, faults }),
  );
  // A client that is about to reuse a connection must not find it closed for idleness: it may not
  // call twice.
  server.keepAliveTimeout = 0;
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
  context: { standIn: StandIn; jobs: Jobs; faults: FaultRules },
): Promise<void> {
  const why = refusal(request.headers);
  if (why) return refuse(response, why);
  try {
    const body = await readBody(request);
    await deleteExpired(context.standIn);
    const { method = '', url = '/' } = request;
    const result = await routeWithFaults({ method, url, body }, context);
    if (result === LOST) {
      request.socket.destroy();
      return;
    }
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

/** An answer that does not arrive. */
const LOST = Symbol('lost');

/** Tests switch faults on with `POST /_faults` (a `FaultRule`) and off with `DELETE /_faults`. */
async function routeWithFaults(
  call: { method: string; url: string; body: string },
  { standIn, jobs, faults }: { standIn: StandIn; jobs: Jobs; faults: FaultRules },
): Promise<object | null | typeof LOST> {
  if (call.url === '/_faults') {
    if (call.method === 'DELETE') faults.clear();
    else faults.add(JSON.parse(call.body));
    return null;
  }
  const fault = faults.take(`${call.method} ${call.url}`);
  if (fault?.kind === 'error')
    throw new ApiError(fault.status, fault.reason ?? 'backendError', 'a fault of the test');
  if (fault?.kind === 'delay') await pause(fault.ms);
  if (fault?.kind === 'duplicate') await route(call, { standIn, jobs });
  const result = await route(call, { standIn, jobs });
  if (fault?.kind === 'wrong-count') return withWrongCount(result);
  return fault?.kind === 'lost-reply' ? LOST : result;
}

function withWrongCount(job: object | null): object | null {
  const { statistics } = job as { statistics?: { load?: { outputRows: string } } };
  if (!statistics?.load) return job;
  const load = { ...statistics.load, outputRows: String(Number(statistics.load.outputRows) + 1) };
  return { ...job, statistics: { ...statistics, load } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
