import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { FaultRules } from './fault-rules.ts';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * Stands before an HTTP server that has no switches of its own, such as fake-gcs-server. Calls are
 * named `METHOD /path`.
 */
export async function startFaultProxy(
  target: string,
): Promise<{ address: string; faults: FaultRules; calls: string[]; close(): Promise<void> }> {
  const faults = new FaultRules();
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '/' } = request;
    calls.push(`${method} ${url}`);
    await answer(request, response, { target, faults }).catch(() => request.socket.destroy());
  });
  // A client that is about to reuse a connection must not find it closed for idleness: it may not
  // call twice.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${port}`, faults, calls, close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { target, faults }: { target: string; faults: FaultRules },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const fault = faults.take(`${request.method} ${request.url}`);
  if (fault?.kind === 'error') {
    const error = {
      code: fault.status,
      message: 'a fault of the test',
      errors: [{ reason: fault.reason ?? 'backendError' }],
    };
    response.writeHead(fault.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    return;
  }
  if (fault?.kind === 'delay') await pause(fault.ms);
  const body = Buffer.concat(chunks);
  if (fault?.kind === 'duplicate') await forward(request, body, target);
  const { status, headers, body: bytes } = await forward(request, body, target);
  if (fault?.kind === 'lost-reply') request.socket.destroy();
  else response.writeHead(status, headers).end(bytes);
}

function forward({ method, url, headers }: IncomingMessage, body: Buffer, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onward = httpRequest(`${target}${url}`, { method, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 500, headers: reply.headers, body: Buffer.concat(chunks) }),
      );
    });
    onward.on('error', reject);
    onward.end(body);
  });
}
