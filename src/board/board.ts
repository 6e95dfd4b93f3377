import { createServer, type Server } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import express, { type NextFunction, type Request, type Response } from 'express';
import { LoadError } from '../pipeline/load-error.ts';

/** What the board may do beside looking: retry a failed load (and promote one that waits). */
const ALLOWED_WRITES = [
  /^\/api\/queues\/ingest\/[^/]+\/(retry|promote)$/,
  /^\/api\/queues\/ingest\/(retry\/failed|promote)$/,
];

export interface Board {
  url: string;
  close(): Promise<void>;
}

/**
 * Bull Board over all queues, on loopback. Reading is free; of the writes only retry and promote of `ingest` pass, and only
 * from the board's own page: there is no login yet, and a page of another site could post to loopback.
 */
export async function startBoard(input: {
  queues: readonly Queue[];
  host: string;
  port: number;
  title: string;
}): Promise<Board> {
  const adapter = new ExpressAdapter();
  createBullBoard({
    queues: input.queues.map((queue) => new BullMQAdapter(queue, { allowRetries: queue.name === 'ingest' })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: input.title, hideRedisDetails: true } },
  });
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseForeignHosts, refuseForeignPages, refuseForeignWrites, adapter.getRouter());
  const server = createServer(app);
  await listen(server, input);
  const { host, port } = input;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`, close: () => close(server) };
}

/** A name that was pointed at loopback (DNS rebinding) shows in the Host header. */
function refuseForeignHosts(request: Request, response: Response, next: NextFunction): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (['127.0.0.1', 'localhost', '[::1]'].includes(host)) next();
  else response.status(403).json({ error: `This board answers to loopback names only, not to ${host}.` });
}

/** No other page reads it, frames it or loads parts of it; a link to it is no more than its address typed. */
function refuseForeignPages(request: Request, response: Response, next: NextFunction): void {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': part } = request.headers;
  const isLink = request.method === 'GET' && mode === 'navigate' && part === 'document';
  const isForeignSite = site !== undefined && site !== 'none' && site !== 'same-origin' && !isLink;
  if (!isForeignSite && (origin === undefined || isOwn(origin, request))) next();
  else response.status(403).json({ error: 'This board answers its own page only.' });
}

function isOwn(origin: string, { headers: { host } }: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuseForeignWrites(request: Request, response: Response, next: NextFunction): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const isOwnPage =
    site === 'same-origin' || (site === undefined && origin !== undefined && isOwn(origin, request));
  if (!isOwnPage) response.status(403).json({ error: 'Only the board itself may change anything.' });
  else if (!ALLOWED_WRITES.some((pattern) => pattern.test(request.path))) {
    response
      .status(405)
      .json({ error: 'Not allowed on the board. Load tables with: npm run enqueue -- table=…' });
  } else next();
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = cause.code === 'EADDRINUSE' ? `Port ${port} on ${host} is taken.` : cause.message;
      reject(
        new LoadError('CONFIG_INVALID', `The board cannot start: ${message}`, {
          cause,
          hint: 'Set BOARD_PORT, or start with --roles scheduler,worker.',
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
