import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isReading } from './own-page.ts';
import { type BoardCall, nameOf, WRITES } from './routes.ts';

/** What the board says; the process's logger is one. */
export interface AuditLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Audit {
  /** Tells of the request when it has ended, if it was to change anything. */
  follow(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  /** Who makes it. */
  isBy(request: IncomingMessage, user: string): void;
  /** What Bull Board understands it to be. Its own request has the headers of Node's. */
  is(headers: IncomingHttpHeaders, call: BoardCall): void;
}

/** One line for each action, done or refused: who, what, on which job, from where. */
export function createAudit(log: AuditLog): Audit {
  const users = new WeakMap<IncomingHttpHeaders, string>();
  const calls = new WeakMap<IncomingHttpHeaders, BoardCall>();
  const tell = (
    { headers, method, url, socket }: IncomingMessage,
    response: ServerResponse,
    from: string,
  ) => {
    const call = calls.get(headers);
    const status = response.writableFinished ? response.statusCode : null;
    const isDone = status !== null && status < 400;
    const { 'x-forwarded-for': forwardedFor } = headers;
    log[isDone ? 'info' : 'warn'](
      {
        audit: true,
        user: users.get(headers) ?? null,
        from: from || socket.remoteAddress,
        ...(forwardedFor !== undefined && { forwardedFor: String(forwardedFor).slice(0, 200) }),
        action: call ? (WRITES.get(nameOf(call))?.action ?? nameOf(call)) : `${method} ${url?.slice(0, 200)}`,
        queue: call?.params['queueName'] ?? null,
        job: call?.params['jobId'] ?? null,
        status,
      },
      isDone ? 'board: done' : 'board: not done',
    );
  };
  return {
    follow: (request, response, next) => {
      const from = request.socket.remoteAddress ?? '';
      if (!isReading(request.method ?? '')) response.once('close', () => tell(request, response, from));
      next();
    },
    isBy: ({ headers }, user) => users.set(headers, user),
    is: (headers, call) => calls.set(headers, call),
  };
}
