import type { RowSink } from '../../pipeline/ports/index.ts';
import { BrokenProtocol, type PacketListener, RowPackets } from './row-packets.ts';

/**
 * What is used of mysql2 beside its API, in the version that package.json names
 * (test/unit/adapters/mysql2-internals.test.ts). Each piece of the stream comes decrypted to
 * `packetParser.execute`: that is where rows are taken.
 */
export interface Mysql2Connection {
  stream: { pause(): void; resume(): void; destroy(): void };
  packetParser: PacketParser;
  /** The number of the packet that is to come. */
  sequenceId: number;
  query(sql: string, ended: (error: Error | null) => void): Mysql2Query;
}

interface PacketParser {
  execute(piece: Buffer): void;
}

interface Mysql2Query {
  /** The step that the next packet is for: `row` once the columns and their end are in. */
  next: unknown;
  row: unknown;
  /** Said when the last packet of the answer is in, be it an error. */
  once(event: 'end', listener: () => void): unknown;
}

/**
 * Sends a SELECT and hands its rows to the sink, straight from the stream's pieces. mysql2 reads
 * the packets before and behind the rows, and goes on as if it had read them too. Resolves when the
 * rows have ended; rejects with mysql2's error where the server, or the end of the connection, ends
 * them. Whatever else goes wrong is told to `fail`, which must cut the connection: a
 * `BrokenProtocol`, or what the sink threw. The promise stays open then.
 */
export function streamRows(
  connection: Mysql2Connection,
  sql: string,
  { sink, fail }: { sink: RowSink; fail: (error: unknown) => void },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let hadRows = false;
  const query = connection.query(sql, (error) => {
    if (error) reject(error);
    else if (hadRows) resolve();
    else fail(new BrokenProtocol('MySQL answered a SELECT without rows'));
  });
  const { packetParser } = connection;
  const packet = passOn({ connection, query, parser: { execute: packetParser.execute.bind(packetParser) } });
  takePieces(
    packetParser,
    new RowPackets({
      row: (buffer, start, end) => sink.row(buffer, start, end),
      packet: (bytes) => {
        const next = packet(bytes);
        if (hadRows && next !== 'nothing') throw new BrokenProtocol('MySQL gave a second answer');
        hadRows ||= next === 'row';
        return next;
      },
    }),
    { taken: backPressure(connection, sink, fail), fail },
  );
  return promise;
}

/** Gives mysql2 a packet that is no row. */
function passOn({
  connection,
  query,
  parser,
}: {
  connection: Mysql2Connection;
  query: Mysql2Query;
  parser: PacketParser;
}): PacketListener['packet'] {
  let isOver = false;
  query.once('end', () => {
    isOver = true;
  });
  return (bytes) => {
    // It has not counted the rows.
    connection.sequenceId = bytes.readUInt8(3);
    parser.execute(bytes);
    if (isOver) return 'nothing';
    return query.next === query.row ? 'row' : 'packet';
  };
}

/** Stands in for the parser until the answer is over. `taken` hears of each piece but the last. */
function takePieces(
  parser: PacketParser,
  packets: RowPackets,
  { taken, fail }: { taken: () => void; fail: (error: unknown) => void },
): void {
  const { execute } = parser;
  parser.execute = (piece) => {
    try {
      const rest = packets.take(piece);
      if (rest === null) taken();
      else parser.execute = execute;
      if (rest?.length) throw new BrokenProtocol('MySQL sent more than its answer');
      release(piece);
    } catch (error) {
      parser.execute = () => undefined;
      fail(error);
    }
  };
}

/**
 * Gives the memory of a piece back at once. Left to the garbage collector, 64 MB of them pile up in
 * each thread, and it walks the whole heap for them. A piece that shares its memory is left alone.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Pauses the stream while the sink can take no more. */
function backPressure(
  { stream }: Mysql2Connection,
  sink: RowSink,
  fail: (error: unknown) => void,
): () => void {
  let isPaused = false;
  return () => {
    // A piece may come after the pause: what the stream held already.
    const ready = isPaused ? null : sink.whenReady();
    if (!ready) return;
    isPaused = true;
    stream.pause();
    ready.then(() => {
      isPaused = false;
      stream.resume();
    }, fail);
  };
}
