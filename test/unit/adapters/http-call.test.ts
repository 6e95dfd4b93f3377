import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpCall } from '../../../src/adapters/gcs/http-call.ts';

const BODY = Buffer.alloc(32 * 1024 * 1024, 'x');

describe('a call with a large body', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const sockets: Socket[] = [];
  const open = async (listener: Parameters<typeof createServer>[1]) => {
    server = createServer(listener).on('connection', (socket) => void sockets.push(socket));
    // It ends no connection by itself.
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const put = (url: string, signal = new AbortController().signal) =>
    createHttpCall()({ method: 'PUT', url, headers: {}, body: BODY, signal });

  it('is sent no further when it has its answer', async () => {
    const url = await open((_, response) => void response.writeHead(503).end('later'));
    expect(await put(url)).toMatchObject({ status: 503, text: 'later' });
    const socket = sockets.at(-1);
    if (!socket?.closed) await new Promise((resolve) => socket?.once('close', resolve));
    expect(socket?.bytesRead).toBeLessThan(BODY.length);
  });

  it('ends where it is aborted, before its answer and in the middle of it', async () => {
    const stop = [new AbortController(), new AbortController()] as const;
    const reason = new Error('stopped');
    const url = await open((request, response) => {
      request.resume();
      const first = stop.find(({ signal }) => !signal.aborted);
      if (first === stop[1]) response.writeHead(200).write('{');
      setTimeout(() => first?.abort(reason), 10);
    });
    for (const { signal } of stop) await expect(put(url, signal)).rejects.toThrow();
    expect(stop.every(({ signal }) => signal.reason === reason)).toBe(true);
  });

  it('fails where the connection ends before its answer', async () => {
    const url = await open((request) => void request.socket.destroy());
    await expect(put(url)).rejects.toThrow();
  });
});
