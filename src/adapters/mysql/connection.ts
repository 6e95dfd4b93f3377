import type { Socket } from 'node:net';
import mysql, { type Connection, type ConnectionOptions, type TypeCastField } from 'mysql2/promise';
import { classifyMysqlErrno, LoadError } from '../../pipeline/errors/index.ts';
import type { SourceAddress } from '../../pipeline/objects/index.ts';
import { messageOf, type RetrySettings } from '../retry.ts';
import { PASSWORD_WITHHELD, transportOptions } from './transport.ts';

const CONNECT_TIMEOUT_MS = 30_000;
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

/**
 * Asks for the password once more where the server denies it: it may have been changed since it was
 * asked for. `made` gets each socket that is opened.
 */
export async function connect(settings: MysqlSettings, made?: (socket: Socket) => void): Promise<Connection> {
  const options = await connectionOptions(settings, made);
  try {
    return await mysql.createConnection(options);
  } catch (error) {
    if ((error as { errno?: number }).errno !== ACCESS_DENIED) throw error;
    const password = await settings.password();
    if (password === options.password) throw error;
    return mysql.createConnection({ ...options, password });
  }
}

/** A connection with a session of its own making. Throws mysql2's errors. */
export async function connectSession(
  settings: MysqlSettings,
  session: readonly string[],
  made?: (socket: Socket) => void,
): Promise<Connection> {
  const connection = await connect(settings, made);
  try {
    // The handshake's character set does not survive an init_connect of the server.
    for (const statement of ['SET NAMES utf8mb4', ...session]) await connection.query(statement);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** How every connection to the source is made. */
async function connectionOptions(
  { address, password, connectTimeoutMs = CONNECT_TIMEOUT_MS }: MysqlSettings,
  made?: (socket: Socket) => void,
): Promise<ConnectionOptions> {
  return {
    ...transportOptions(address, made),
    user: address.user,
    password: await password(),
    connectTimeout: connectTimeoutMs,
    charset: 'utf8mb4',
    connectAttributes: { program_name: 'adutora' },
    typeCast: textReader(),
    // What it compiles for an answer refuses one with a column `__proto__`, be it without rows.
    disableEval: true,
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
export function classify(error: unknown, { address }: MysqlSettings): LoadError {
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
