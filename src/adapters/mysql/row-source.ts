import type { Socket } from 'node:net';
import type { Connection } from 'mysql2/promise';
import type { RowSession, RowSource } from '../../pipeline/ports/index.ts';
import { withRetry } from '../retry.ts';
import { answers, textRows } from './answers.ts';
import { classify, connectSession, type MysqlSettings } from './connection.ts';
import { BrokenProtocol } from './row-packets.ts';
import { type Mysql2Connection, streamRows } from './row-stream.ts';

/** `RowSource` over mysql2, which connects and logs in; the rows never pass through it. */
export function createRowSource(settings: MysqlSettings): RowSource {
  return {
    open: ({ session, signal }) =>
      withRetry(
        () => openOnce(settings, session, signal),
        (error) => classify(error, settings),
        { signal, settings: settings.retry },
      ),
  };
}

async function openOnce(
  settings: MysqlSettings,
  session: readonly string[],
  signal: AbortSignal,
): Promise<RowSession> {
  const sockets: Socket[] = [];
  const abort = () => {
    for (const socket of sockets) socket.destroy();
  };
  signal.addEventListener('abort', abort);
  try {
    const connection = await connectSession(settings, session, (socket) => {
      sockets.push(socket);
      if (signal.aborted) abort();
    });
    const bytesRead = () => sockets.at(-1)?.bytesRead ?? 0;
    return createRowSession({ connection, bytesRead, settings, signal });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function createRowSession({
  connection,
  bytesRead,
  settings,
  signal,
}: {
  connection: Connection;
  bytesRead: () => number;
  settings: MysqlSettings;
  signal: AbortSignal;
}): RowSession {
  // The connection below its promises.
  const { connection: core } = connection as unknown as { connection: Mysql2Connection };
  const { promise: isOver, reject } = Promise.withResolvers<never>();
  isOver.catch(() => undefined);
  const cut = (reason: unknown) => {
    reject(reason);
    signal.removeEventListener('abort', abort);
    connection.destroy();
    core.stream.destroy();
  };
  const abort = () => cut(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort);
  connection.on('error', (error) => cut(classify(error, settings)));
  const whileOpen = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([
      isOver,
      work.catch((error) => {
        throw classify(error, settings);
      }),
    ]);
  return {
    ask: (sql) => whileOpen(textRows(connection, sql)),
    capture: (queries) => whileOpen(answers(connection, queries, signal)),
    stream: (sql, sink) =>
      whileOpen(
        streamRows(core, sql, {
          sink,
          fail: (error) => cut(error instanceof BrokenProtocol ? classify(error, settings) : error),
        }),
      ),
    get bytesRead() {
      return bytesRead();
    },
    close: () => cut(new Error('The session was closed.')),
  };
}
