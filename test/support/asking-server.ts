import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { greeting, packet, text } from './mysql-packets.ts';

const SSL_REQUEST_BYTES = 36;
const FULL_LOGIN = Buffer.from([1, 4]);

export interface AskingServer {
  port: number;
  /** Every byte that clients sent, encrypted or not, as the server reads it. */
  heard(): string;
  close(): Promise<void>;
}

/**
 * Says that it is MySQL, asks for the password by `method` and notes what it is sent. Of a method
 * with several steps it asks for all of them. It lets nobody in.
 */
export async function startAskingServer(input: {
  method: string;
  tls: { cert: string; key: string } | null;
}): Promise<AskingServer> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    greet(socket, input, heard);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    heard: () => Buffer.concat(heard).toString('latin1'),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function greet(
  socket: Socket,
  { method, tls }: { method: string; tls: { cert: string; key: string } | null },
  heard: Buffer[],
): void {
  const answers: Buffer[] = [
    Buffer.concat([Buffer.from([0xfe]), text(method), Buffer.alloc(20, 'k'), Buffer.from([0])]),
    FULL_LOGIN,
  ];
  const listen = (stream: Socket) => {
    let sequence = 2;
    stream.on('error', () => undefined);
    stream.on('data', (bytes: Buffer) => {
      heard.push(bytes);
      sequence = (bytes[3] ?? 0) + 1;
      const answer = answers.shift();
      if (answer) stream.write(packet(answer, sequence));
      else stream.destroy();
    });
  };
  socket.write(packet(greeting(tls !== null), 0));
  if (!tls) {
    listen(socket);
    return;
  }
  // The first bytes of the encrypted part may come together with the request for it.
  socket.once('readable', () => {
    heard.push(socket.read(SSL_REQUEST_BYTES) ?? Buffer.alloc(0));
    listen(new TLSSocket(socket, { isServer: true, ...tls }));
  });
}
