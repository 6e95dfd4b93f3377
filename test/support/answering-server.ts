import { createServer, type Socket } from 'node:net';
import { greeting, OK, packet } from './mysql-packets.ts';

const QUERY = 3;

export interface AnsweringServer {
  port: number;
  /** The statements so far. */
  statements: string[];
  /** How many connections are open. */
  connections(): number;
  close(): Promise<void>;
}

/** What is written of an answer, piece by piece; `cut` ends the connection there. */
export type Pieces = Iterable<Buffer | 'cut'>;

/**
 * Says that it is MySQL, lets everybody in, and answers statements as it is told: with these
 * bytes, or (null) that it has done what it was asked for.
 */
export async function startAnsweringServer(answer: (sql: string) => Pieces | null): Promise<AnsweringServer> {
  const sockets = new Set<Socket>();
  const statements: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.write(packet(greeting(false), 0));
    socket.once('data', () => {
      socket.write(packet(OK, 2));
      socket.on('data', (bytes: Buffer) => {
        if (bytes[4] !== QUERY) return;
        const sql = bytes.toString('utf8', 5);
        statements.push(sql);
        void writeAll(socket, answer(sql) ?? [packet(OK, 1)]);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    statements,
    connections: () => sockets.size,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function writeAll(socket: Socket, pieces: Pieces): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece === 'cut') {
      socket.end();
      return;
    }
    // Each of its own, so that the reader is likely to see the pieces as they were cut.
    await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
  }
}
