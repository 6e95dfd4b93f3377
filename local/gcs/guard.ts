import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { refusal, refuse } from '../strangers.ts';

export interface Inner {
  host: string;
  port: number;
}

/**
 * Stands on a loopback port before a server that answers every web page, and passes on what comes
 * from no such.
 */
export async function startGuard(
  port: number,
  inner: Inner,
): Promise<{ port: number; close(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const why = refusal(request.headers);
    if (why) refuse(response, why);
    else passOn(request, response, { ...inner, agent });
  });
  // Hours of a large upload are nobody's fault.
  server.requestTimeout = 0;
  // A client that is about to reuse a connection must not find it closed for idleness: it may not
  // call twice.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A side that breaks off breaks the other one off, as if nobody stood in between. */
function passOn(request: IncomingMessage, response: ServerResponse, inner: Inner & { agent: Agent }): void {
  const { method, url: path, headers } = request;
  const { connection, ...kept } = headers;
  const onward = httpRequest({ ...inner, method, path, headers: kept }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    pipeline(reply, response, (error) => error && request.socket.destroy());
  });
  onward.once('error', () => request.socket.destroy());
  response.once('close', () => onward.destroy());
  pipeline(request, onward, () => undefined);
}
