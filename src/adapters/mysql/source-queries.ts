import mysql, {
  type Connection,
  type ConnectionOptions,
  type RowDataPacket,
  type TypeCastField,
} from 'mysql2/promise';
import { classifyMysqlErrno, LoadError } from '../../pipeline/errors/index.ts';
import type {
  Capture,
  CaptureAnswer,
  SourceAddress,
  SourceQuery,
  TextRow,
} from '../../pipeline/objects/index.ts';
import type { SourceQueries } from '../../pipeline/ports/index.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';
import { PASSWORD_WITHHELD, transportOptions } from './transport.ts';

const CONNECT_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 60_000;
const SHORT_TEXT = 64;
const ACCESS_DENIED = 1045;
/** Node's and mysql2's words for a failed handshake. */
const TLS_TROUBLE = /\bSSL\b|\bTLS\b|certificate|SELF_SIGNED|UNABLE_TO_VERIFY|HANDSHAKE_(NO_)?SSL/i;
/** mysql2 gives a connection that was cut in its handshake the code of a failed handshake. */
const MERELY_CUT = /ECONNRESET|EPIPE|ETIMEDOUT|socket disconnected|socket hang up/i;
/** mysql2's words for a method of logging in that it does not know. */
const UNKNOWN_METHOD = /authentication using unknown plugin/;

export interface MysqlSettings {
  address: Pick<SourceAddress, 'host' | 'port' | 'user' | 'tls'>;
  /** Asked for at each connection; never kept. */
  password: () => Promise<string>;
  retry?: RetrySettings | undefined;
  connectTimeoutMs?: number | undefined;
}

/** `SourceQueries` over mysql2: one connection a capture, every value as the server's own text. */
export function createSourceQueries(settings: MysqlSettings): SourceQueries {
  return {
    capture: (request) =>
      withRetry(
        () => captureOnce(settings, request),
        (error) => classify(error, settings),
        {
          signal: request.signal,
          settings: settings.retry,
          onRetry: ({ message }) => request.report?.(`${message}; once more`),
        },
      ),
    close: async () => undefined,
  };
}

async function captureOnce(
  settings: MysqlSettings,
  request: Parameters<SourceQueries['capture']>[0],
): Promise<Capture> {
  const connection = await connect(settings);
  try {
    // The handshake's character set does not survive an init_connect of the server.
    for (const statement of ['SET NAMES utf8mb4', ...request.session]) await connection.query(statement);
    const capture: Capture = {};
    for (const query of request.queries) {
      request.signal?.throwIfAborted();
      capture[query.name] = await answer(connection, query);
    }
    return capture;
  } finally {
    connection.destroy();
  }
}

/**
 * Asks for the password once more where the server denies it: it may have been changed since it was
 * asked for.
 */
export async function connect(settings: MysqlSettings): Promise<Connection> {
  const options = await connectionOptions(settings);
  try {
    return await mysql.createConnection(options);
  } catch (error) {
    if ((error as { errno?: number }).errno !== ACCESS_DENIED) throw error;
    const password = await settings.password();
    if (password === options.password) throw error;
    return mysql.createConnection({ ...options, password });
  }
}

async function answer(connection: Connection, query: SourceQuery): Promise<CaptureAnswer> {
  if (query.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, query.delayMs));
  try {
    const [rows] = await connection.query<RowDataPacket[]>(query.sql);
    return { rows: rows as TextRow[] };
  } catch (error) {
    const { errno } = error as { errno?: number };
    const isConnectionLost =
      classifyMysqlErrno({ errno: errno ?? null, sqlState: null }) === 'SOURCE_UNREACHABLE';
    if (query.isOptional && typeof errno === 'number' && errno > 0 && !isConnectionLost)
      return { errno, message: messageOf(error) };
    throw error;
  }
}

/** How every connection to the source is made. */
async function connectionOptions({
  address,
  password,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
}: MysqlSettings): Promise<ConnectionOptions> {
  return {
    ...transportOptions(address),
    user: address.user,
    password: await password(),
    connectTimeout: connectTimeoutMs,
    // A server that vanishes is noticed within two minutes, though a checksum is silent for as long
    // as it reads.
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    charset: 'utf8mb4',
    connectAttributes: { program_name: 'adutora' },
    typeCast: textReader(),
  };
}

/**
 * Every value as text. Names and types come thousands of times: each short text is held once a
 * connection.
 */
function textReader(): (field: TypeCastField) => string | null {
  const known = new Map<string, string>();
  return (field) => {
    const text = field.string();
    if (text === null || text.length > SHORT_TEXT) return text;
    const same = known.get(text);
    if (same !== undefined) return same;
    known.set(text, text);
    return text;
  };
}

/**
 * mysql2's errors: a server errno where there is one, else a code of Node's network layer, which is
 * always unreachable.
 */
function classify(error: unknown, { address }: MysqlSettings): LoadError {
  const { errno, sqlState, sqlMessage, code } = error as {
    errno?: number;
    sqlState?: string;
    sqlMessage?: string;
    code?: string;
  };
  const where = `MySQL at ${address.host}:${address.port}`;
  const isServerError = typeof errno === 'number' && errno > 0;
  const context = { errno, sqlState, code };
  if (!isServerError) {
    const kind = connectionErrorCode(`${code} ${messageOf(error)}`, code);
    return new LoadError(kind, `${where}: ${messageOf(error) || code}`, { context, cause: error });
  }
  const kind = classifyMysqlErrno({ errno, sqlState: sqlState ?? null });
  return new LoadError(kind, `${where}: ${sqlMessage ?? messageOf(error)} (errno ${errno})`, {
    context,
    cause: error,
  });
}

/** mysql2 and Node have no numbers for what goes wrong before the server's first answer. */
function connectionErrorCode(
  said: string,
  code: string | undefined,
): 'SOURCE_LOGIN_METHOD' | 'SOURCE_TLS_REFUSED' | 'SOURCE_UNREACHABLE' {
  if (code === PASSWORD_WITHHELD || UNKNOWN_METHOD.test(said)) return 'SOURCE_LOGIN_METHOD';
  return TLS_TROUBLE.test(said) && !MERELY_CUT.test(said) ? 'SOURCE_TLS_REFUSED' : 'SOURCE_UNREACHABLE';
}
