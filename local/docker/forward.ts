import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A TCP address. */
export interface Address {
  host: string;
  port: number;
}

const USAGE =
  'Usage: node local/docker/forward.ts HOST:PORT HOST:PORT (listen on the first, connect to the second)';

/**
 * Passes every connection on, byte by byte; resolves once it listens. The board stays on loopback,
 * where a container's published port cannot reach it: this is the way in, and who may use it is
 * decided by where the port is published.
 */
export function startForwarder(from: Address, to: Address): Promise<Server> {
  const server = createServer((inbound) => join(inbound, createConnection(to)));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, () => resolve(server));
  });
}

/** The end of one side, or a refusal, is the end of both. */
function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy()).on('close', () => other.destroy());
  other.on('error', () => one.destroy()).on('close', () => one.destroy());
}

function parseAddress(text = ''): Address {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (host && port) return { host, port: Number(port) };
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

if (import.meta.main) {
  const [from, to] = process.argv.slice(2);
  await startForwarder(parseAddress(from), parseAddress(to));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
}
