import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { transportOptions } from '../../src/adapters/mysql/transport.ts';

/** Where the source is and who asks; the password comes from the environment. */
export interface MysqlAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  /** The server's certificate authority; the machine's own ones where there is none. */
  caPem?: string | null;
}

export type MysqlTools = ReturnType<typeof createMysqlTools>;

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * Connections to a MySQL server. `scratch` names a schema in which one small table may be made and
 * dropped; without it nothing is written. `unprivileged` is a user without PROCESS, where there is
 * one.
 */
export function createMysqlTools(input: {
  address: MysqlAddress;
  mark: string;
  /** With the user that may write there. */
  scratch: { schema: string; address: MysqlAddress } | null;
  unprivileged: MysqlAddress | null;
}) {
  const open: Connection[] = [];
  const connect = async (address: MysqlAddress) => {
    const connection = await connectTo(address);
    open.push(connection);
    return connection;
  };
  let first: Promise<Connection> | null = null;
  const reader = () => (first ??= connect(input.address));
  return {
    ...input,
    connect,
    /** Rows of a SELECT of the reader's, every value as the server's text. */
    select: async (sql: string) => rowsOf(await reader(), sql),
    close: async () => {
      for (const connection of open) connection.destroy();
    },
  };
}

/** Rows with lower-case column names. */
export async function rowsOf(connection: Connection, sql: string): Promise<Record<string, string | null>[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value])),
  );
}

/**
 * Beyond loopback only over TLS, to a server that shows that it is the one meant: Adutora's own
 * default.
 */
async function connectTo({ host, port, user, password, caPem = null }: MysqlAddress): Promise<Connection> {
  const isNear = LOOPBACK_HOSTS.has(host);
  const connection = await mysql.createConnection({
    ...transportOptions({
      host,
      port,
      tls: isNear ? { mode: 'disabled' } : { mode: 'verify-identity', caPem },
    }),
    user,
    password,
    connectTimeout: 10_000,
    charset: 'utf8mb4',
    typeCast: (field) => field.string(),
  });
  await connection.query("SET SESSION time_zone = '+00:00', SESSION information_schema_stats_expiry = 0");
  return connection;
}
