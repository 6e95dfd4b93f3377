import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../support/chaos/tcp-proxy.ts';
import { pause } from '../../support/wait.ts';

/** A server that says everything back, and a proxy before it. */
async function open(): Promise<{ proxy: TcpProxy; accepted: Socket[]; connect(): Socket }> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startTcpProxy((server.address() as { port: number }).port);
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await proxy.close();
    server.close();
  });
  const connect = () => {
    const socket = createConnection(proxy.port, '127.0.0.1');
    sockets.push(socket.on('error', () => undefined));
    return socket;
  };
  return { proxy, accepted, connect };
}

const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
const said = async (socket: Socket, text: string) => {
  socket.write(text);
  return String((await once(socket, 'data'))[0]);
};

it('passes on what is said, in both directions', async () => {
  const { connect } = await open();
  const socket = connect();
  expect(await said(socket, 'one')).toBe('one');
  expect(await said(socket, 'two')).toBe('two');
});

it('is late by as much as it is told, and in order', async () => {
  const { proxy, connect } = await open();
  const socket = connect();
  proxy.set({ kind: 'slow', ms: 100 });
  const startedMs = performance.now();
  socket.write('1');
  await pause(5);
  socket.write('2');
  let heard = '';
  for await (const bytes of socket) {
    heard += bytes;
    if (heard.length === 2) break;
  }
  expect(heard).toBe('12');
  expect(performance.now() - startedMs).toBeGreaterThan(190);
});

it('half-open, it keeps the connection and says nothing; afterwards the connection is reset', async () => {
  const { proxy, connect } = await open();
  const socket = connect();
  expect(await said(socket, 'one')).toBe('one');
  proxy.set({ kind: 'half-open' });
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes;
  });
  socket.write('lost');
  await pause(150);
  expect([heard, socket.destroyed]).toEqual(['', false]);
  const closed = closing(socket);
  proxy.set({ kind: 'pass' });
  await closed;
  expect(await said(connect(), 'two')).toBe('two');
});

it.each(['refuse', 'reset'])('cuts off what is there: %s', async (how) => {
  const { proxy, connect } = await open();
  const socket = connect();
  await said(socket, 'one');
  const closed = closing(socket);
  if (how === 'reset') proxy.reset();
  else proxy.set({ kind: 'refuse' });
  await closed;
  if (how === 'refuse') await closing(connect());
  proxy.set({ kind: 'pass' });
  expect(await said(connect(), 'two')).toBe('two');
});

it('half-open, it loses no connection of which one end goes: it closes them all', async () => {
  const { proxy, accepted, connect } = await open();
  const socket = connect();
  await said(socket, 'one');
  proxy.set({ kind: 'half-open' });
  accepted[0]?.resetAndDestroy();
  await pause(200);
  expect(socket.destroyed).toBe(false);
  await Promise.all([closing(socket), proxy.close()]);
});
