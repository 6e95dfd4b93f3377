import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
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
    const body = await readBody(request);
    await deleteExpired(context.standIn);
    const { method = '', url = '/' } = request;
    const result = await route({ method, url, body }, context);
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

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
