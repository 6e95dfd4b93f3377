import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MysqlSettings } from '../../../src/adapters/mysql/connection.ts';
import { createRowSource } from '../../../src/adapters/mysql/row-source.ts';
import { type Pieces, startAnsweringServer } from '../../support/answering-server.ts';
import {
  columns,
  cut,
  decodeRow,
  encodeRow,
  endPacket,
  errorPacket,
  FULL,
  OK,
  packet,
  packets,
  type Value,
} from '../../support/mysql-packets.ts';
import { NO_RETRY, pause, until } from '../../support/wait.ts';

const sourceAt = (port: number, changes: Partial<MysqlSettings> = {}) =>
  createRowSource({
    address: { host: '127.0.0.1', port, user: 'u', tls: { mode: 'disabled' } },
    password: async () => '',
    retry: NO_RETRY,
    ...changes,
  });

/** A session of a server that answers each SELECT with these pieces, and a sink that keeps rows. */
async function open(pieces: Pieces | (() => Pieces), whenReady: () => Promise<void> | null = () => null) {
  const server = await startAnsweringServer((sql) =>
    sql.startsWith('SELECT') ? (typeof pieces === 'function' ? pieces() : pieces) : null,
  );
  onTestFinished(() => server.close());
  const abort = new AbortController();
  const session = await sourceAt(server.port).open({ session: ['SET SESSION a = 1'], signal: abort.signal });
  onTestFinished(() => session.close());
  const rows: Value[][] = [];
  const sink = {
    row: (buffer: Buffer, start: number, end: number): void => {
      rows.push(decodeRow(buffer.subarray(start, end)));
    },
    whenReady,
  };
  return { server, session, abort, rows, sink, stream: () => session.stream('SELECT', sink) };
}

/** More than any buffer between server and reader holds. */
const MANY = Array.from({ length: 20_000 }, () => [Buffer.alloc(1_000, 'x')]);
const one = (count: number) => Array.from({ length: count }, (_, index) => [Buffer.from(String(index))]);
const answer = (rows: readonly Value[][], end = endPacket()) =>
  Buffer.concat(packets([...columns(rows[0]?.length ?? 1), ...rows.map(encodeRow), end]));

describe('a row source', () => {
  it('gives rows and goes on with the connection, statement after statement', async () => {
    const { server, session, rows, stream } = await open([answer(one(3))]);
    await stream();
    expect(rows).toEqual(one(3));
    expect(await session.ask('COMMIT')).toBeDefined();
    expect(await session.ask('SELECT as text')).toEqual(['0', '1', '2'].map((c) => ({ c })));
    await stream();
    expect(rows).toHaveLength(6);
    expect(server.statements).toEqual([
      'SET NAMES utf8mb4',
      'SET SESSION a = 1',
      'SELECT',
      'COMMIT',
      'SELECT as text',
      'SELECT',
    ]);
    expect(session.bytesRead).toBeGreaterThan(3 * answer(one(3)).length);
  });

  it('gives the rows that the server sent, however they come', async () => {
    const value = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 200 }),
      );
    let pieces: Buffer[] = [];
    const { rows, stream } = await open(() => pieces);
    await fc.assert(
      fc.asyncProperty(table, fc.array(fc.nat(), { maxLength: 30 }), async (sent, places) => {
        pieces = cut(answer(sent), places);
        rows.length = 0;
        await stream();
        expect(rows).toEqual(sent);
      }),
      { numRuns: 40 },
    );
  });

  it('gives a row of more than 16 MB, and those around it', async () => {
    const sent = [[Buffer.from('a')], [Buffer.alloc(FULL + 5, 'x')], [Buffer.alloc(FULL - 4, 'y')], [null]];
    const { rows, stream, session } = await open([answer(sent)]);
    await stream();
    expect(rows.map(([value]) => value?.length)).toEqual([1, FULL + 5, FULL - 4, undefined]);
    await session.ask('COMMIT');
  });

  const broken = [...packets([...columns(1), encodeRow([Buffer.from('a')])])];
  const KILLED = errorPacket(1317, '70100', 'Query execution was interrupted');
  it.each<[string, Buffer[], string, boolean]>([
    ['an error of the server', [packet(KILLED, 5)], 'SOURCE_BUSY', true],
    ['a packet out of order', [packet(encodeRow([Buffer.from('b')]), 7)], 'SOURCE_UNREACHABLE', false],
    ['the same packet again', [packet(encodeRow([Buffer.from('a')]), 4)], 'SOURCE_UNREACHABLE', false],
    ['a second answer', packets([endPacket(10), OK], 5), 'SOURCE_UNREACHABLE', false],
    [
      'something behind the end',
      packets([endPacket(), encodeRow([Buffer.from('b')])], 5),
      'SOURCE_UNREACHABLE',
      false,
    ],
  ])('ends with %s in the midst of rows', async (_, wrong, code, isUsable) => {
    const { session, rows, stream } = await open([...broken, Buffer.concat(wrong)]);
    const streamed = await stream().then(
      () => 'ended',
      (error) => error.code,
    );
    expect(rows.length).toBeLessThan(2);
    const after = await session.ask('COMMIT').then(
      () => 'ended',
      (error) => error.code,
    );
    expect([streamed, after]).toContain(code);
    expect(after === 'ended').toBe(isUsable);
  });

  it.each<[string, Buffer[], string]>([
    ['refuses the statement', packets([errorPacket(1146, '42S02', 'no such table')]), 'SOURCE_TABLE_GONE'],
    ['answers without rows', packets([OK]), 'SOURCE_UNREACHABLE'],
    [
      'tells no end of the columns',
      packets([...columns(1).slice(0, -1), encodeRow([null])]),
      'SOURCE_UNREACHABLE',
    ],
  ])('fails where the server %s', async (_, pieces, code) => {
    const { rows, stream } = await open(pieces);
    await expect(stream()).rejects.toMatchObject({ code });
    expect(rows).toEqual([]);
  });

  it('never takes the end of the connection for the end of the rows', async () => {
    const bytes = answer(one(4));
    for (let length = 0; length < bytes.length; length += 1) {
      const { rows, stream } = await open([bytes.subarray(0, length), 'cut']);
      await expect(stream()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
      expect(one(4).slice(0, rows.length)).toEqual(rows);
    }
  });

  it('reads no more while the sink can take no more', async () => {
    const gates: (() => void)[] = [];
    const { rows, stream, session } = await open(
      [answer(MANY)],
      () => new Promise((resolve) => gates.push(resolve)),
    );
    const streamed = stream();
    await until(async () => gates.length > 0);
    await pause(200);
    expect(gates).toHaveLength(1);
    expect(rows.length).toBeLessThan(1_000);
    expect(session.bytesRead).toBeLessThan(5_000_000);
    const timer = setInterval(() => gates.shift()?.(), 0);
    await streamed;
    clearInterval(timer);
    expect(rows).toHaveLength(MANY.length);
  });

  it('keeps nothing of what it has handed on', async () => {
    const { session } = await open([answer(one(3))]);
    const lent = new Set<Buffer>();
    await session.stream('SELECT', { row: (buffer) => lent.add(buffer), whenReady: () => null });
    expect([...lent].map(({ length }) => length)).toEqual([0]);
  });

  it('ends with what the sink throws, and with what it waited for', async () => {
    const fault = new Error('a full disk');
    const throwing = await open([answer(one(3))]);
    const sink = {
      ...throwing.sink,
      row: () => {
        throw fault;
      },
    };
    await expect(throwing.session.stream('SELECT', sink)).rejects.toBe(fault);
    await expect(throwing.session.ask('COMMIT')).rejects.toBe(fault);
    const { stream } = await open(broken, () => Promise.reject(fault));
    await expect(stream()).rejects.toBe(fault);
  });

  it.each<[string, Buffer[]]>([
    ['in the midst of rows', broken],
    ['before the first row', packets(columns(1))],
    ['before any answer', []],
  ])('is cut at once by an abort %s', async (_, pieces) => {
    const { abort, stream, session } = await open(pieces);
    const streamed = stream();
    setTimeout(() => abort.abort(new Error('shutdown')), 30);
    await expect(streamed).rejects.toThrow('shutdown');
    await expect(session.ask('COMMIT')).rejects.toThrow('shutdown');
  });

  it('leaves no connection behind after an abort, though much of the answer is not read', async () => {
    const { server, abort, stream } = await open([answer(MANY)], () => new Promise(() => undefined));
    const streamed = stream();
    setTimeout(() => abort.abort(new Error('shutdown')), 30);
    await expect(streamed).rejects.toThrow('shutdown');
    await until(async () => server.connections() === 0);
  });

  it.each([
    ['the server never says a word', 0],
    ['the password is still on its way', 60],
  ])('is not opened after an abort, though %s', async (_, passwordMs) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const abort = new AbortController();
    const { port } = server.address() as AddressInfo;
    const source = sourceAt(port, { password: () => pause(passwordMs).then(() => '') });
    const opening = source.open({ session: [], signal: abort.signal });
    setTimeout(() => abort.abort(new Error('shutdown')), 30);
    await expect(opening).rejects.toThrow('shutdown');
  });

  it('leaves no connection behind where the session cannot be made', async () => {
    const server = await startAnsweringServer(() =>
      packets([errorPacket(1193, 'HY000', 'no such variable')]),
    );
    onTestFinished(() => server.close());
    const { signal } = new AbortController();
    const opening = sourceAt(server.port).open({ session: [], signal });
    await expect(opening).rejects.toMatchObject({ code: 'SOURCE_STATEMENT_REFUSED' });
    await until(async () => server.connections() === 0);
  });

  it('is opened at a second try where the first is cut', async () => {
    let tries = 0;
    const server = await startAnsweringServer(() => {
      tries += 1;
      return tries === 1 ? ['cut'] : null;
    });
    onTestFinished(() => server.close());
    const { signal } = new AbortController();
    const session = await sourceAt(server.port, { retry: { ...NO_RETRY, retries: 1 } }).open({
      session: ['SET a = 1'],
      signal,
    });
    session.close();
    expect(server.statements).toEqual(['SET NAMES utf8mb4', 'SET NAMES utf8mb4', 'SET a = 1']);
  });

  it('ends what is under way when it is closed', async () => {
    const { stream, session } = await open(broken);
    const streamed = stream();
    setTimeout(() => session.close(), 30);
    await expect(streamed).rejects.toThrow('closed');
  });
});
