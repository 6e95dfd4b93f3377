import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import express, { type NextFunction, type Request, type Response } from 'express';
import { LoadError } from '../pipeline/errors/index.ts';
import { isLoopback } from '../pipeline/names/index.ts';
import { type Audit, type AuditLog, createAudit } from './audit.ts';
import { type Credentials, createLogin } from './login.ts';
import { foreignness, isReading } from './own-page.ts';
import { NOT_HERE, PAGES, refusalOf } from './routes.ts';

export interface Board {
  url: string;
  close(): Promise<void>;
}

export interface BoardInput {
  queues: readonly Queue[];
  host: string;
  port: number;
  title: string;
  log: AuditLog;
  /** Without one, everybody who reaches it may look and retry: for loopback alone. */
  login?: Credentials | undefined;
  /** Names by which it is reached, beside those of loopback. */
  names?: readonly string[];
  isReadOnly?: boolean;
}

/**
 * Its own files alone, no frame around it, nothing kept on the way. Its page has styles in its
 * elements.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Bull Board over all queues. Of its routes only those that `routes.ts` names pass, by method and
 * route. Throws CONFIG_INVALID where the port is taken, and where others than this machine could
 * reach a board without a login.
 */
export async function startBoard(input: BoardInput): Promise<Board> {
  if (!input.login && (!isLoopback(input.host) || input.names?.length))
    throw new LoadError('CONFIG_INVALID', `A board on ${input.host} needs BOARD_USER and BOARD_PASSWORD.`);
  const audit = createAudit(input.log);
  const app = plain(express());
  app.use(setHeaders, audit.follow, refuseForeign(input), askLogin(input, audit));
  app.use(onlyKnownPages(bullBoard(input, audit)));
  app.use((request: Request, response: Response) => {
    if (isReading(request.method)) refuse(response, 404, 'Nothing is here.');
    else refuse(response, 405, NOT_HERE);
  });
  app.use(tellNothing(input.log));
  const server = createServer(app);
  await listen(server, input);
  const { host, port } = input;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`, close: () => close(server) };
}

/**
 * Without the name of what serves it, and without a hash: an answer that must not be kept has no
 * use for one.
 */
function plain(app: express.Express): express.Express {
  return app.disable('x-powered-by').disable('etag');
}

function setHeaders(_: Request, response: Response, next: NextFunction): void {
  response.set(HEADERS);
  next();
}

function refuseForeign({ host, names = [] }: BoardInput) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const reason = foreignness(request, { host, names });
    if (reason === null) next();
    else refuse(response, 403, reason);
  };
}

function askLogin({ login, log }: BoardInput, audit: Audit) {
  if (!login) return (_: Request, __: Response, next: NextFunction) => next();
  const check = createLogin(login);
  return (request: Request, response: Response, next: NextFunction): void => {
    const from = request.socket.remoteAddress ?? '';
    const outcome = check(request.headers.authorization, from);
    if (outcome.kind === 'ok') {
      audit.isBy(request, outcome.user);
      next();
      return;
    }
    if (outcome.kind === 'limited') {
      response.set('Retry-After', String(outcome.retryAfterS));
      refuse(response, 429, 'Too many wrong logins from this address.');
      return;
    }
    if (outcome.kind === 'wrong') log.warn({ from }, 'board: a wrong login');
    response.set('WWW-Authenticate', 'Basic realm="Adutora", charset="UTF-8"');
    refuse(response, 401, 'Log in.');
  };
}

/** Everything that may be asked for; what is below `/api` passes by the hook of `bullBoard`. */
function onlyKnownPages(board: express.Express): express.Router {
  const router = express.Router();
  router.get(PAGES, board);
  router.get('/static/*path', board);
  router.all('/api/*path', board);
  return router;
}

function bullBoard(input: BoardInput, audit: Audit): express.Express {
  const adapter = new ExpressAdapter();
  const isReadOnly = input.isReadOnly ?? false;
  const stateOf = async (job: string) =>
    (await input.queues.find(({ name }) => name === 'ingest')?.getJobState(job)) ?? 'unknown';
  createBullBoard({
    queues: input.queues.map((queue) => {
      const isWritable = queue.name === 'ingest' && !isReadOnly;
      return new BullMQAdapter(queue, { readOnlyMode: !isWritable, allowRetries: isWritable });
    }),
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: input.title, hideRedisDetails: true },
      handlerHooks: {
        before: async ({ method, route, request }) => {
          const call = { method, route, params: request.params };
          audit.is(request.headers as IncomingHttpHeaders, call);
          const refusal = await refusalOf(call, { isReadOnly, stateOf });
          if (refusal)
            return {
              allow: false,
              status: refusal.status,
              errorKey: 'ERRORS.FORBIDDEN',
              message: refusal.message,
            };
          return { allow: true };
        },
      },
    },
  });
  return plain(adapter.getRouter());
}

/** What breaks is for the log: a stack is nobody's business. */
function tellNothing(log: AuditLog) {
  return (error: unknown, _: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status } = error as { status?: number };
    const isTheirs = status !== undefined && status >= 400 && status < 500;
    if (!isTheirs) log.warn({ err: String(error) }, 'board');
    refuse(response, isTheirs ? status : 500, isTheirs ? 'This cannot be read.' : 'This went wrong.');
  };
}

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
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
