import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';

export interface RefusingServer {
  address: string;
  port: number;
  /** Requests so far. */
  requests: string[];
  close(): Promise<void>;
}

/** An HTTP server that answers every request with one of Google's errors. */
export async function startRefusingHttp(code: number, reason: string): Promise<RefusingServer> {
  const requests: string[] = [];
  const server = createHttpServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const message = `${reason}: somebody said no`;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { code, message, errors: [{ reason, message, domain: 'global' }] } }),
    );
  });
  return listen(server, requests);
}

/** A server that says of itself, in Redis' protocol, that it is this version. */
export async function startOldRedis(version: string): Promise<RefusingServer> {
  const requests: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on('data', (data) => {
      for (const command of String(data).match(/\$\d+\r\n(info|client|hello|ping)/gi) ?? []) {
        requests.push(command);
        const info = `redis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`;
        socket.write(/info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
      }
    });
    socket.on('error', () => undefined);
  });
  return listen(server, requests);
}

async function listen(server: Server, requests: string[]): Promise<RefusingServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
      }),
  };
}
