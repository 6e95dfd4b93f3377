import type { Connection, ConnectionOptions } from 'mysql2/promise';
import type { SourceAddress } from '../../src/pipeline/objects/spec.ts';
import { connectTo, startPrivateServer } from './private-server.ts';
import { connectAsAdmin, stackAuthority, stackEnv } from './stack-env.ts';

/** A server whose rows are read, and who may do everything there. */
export interface ReaderWorld {
  address: { host: string; port: number; user: string; tls: SourceAddress['tls'] };
  password: string;
  flavour: 'mysql' | 'mariadb';
  connect(options?: ConnectionOptions): Promise<Connection>;
  stop(): Promise<void>;
}

async function onStack(tls: () => Promise<SourceAddress['tls']>): Promise<ReaderWorld> {
  const env = stackEnv();
  const address = {
    host: env['MYSQL_HOST'] ?? '',
    port: Number(env['MYSQL_PORT']),
    user: env['MYSQL_USER'] ?? '',
    tls: await tls(),
  };
  const password = env['MYSQL_PASSWORD'] ?? '';
  return { address, password, flavour: 'mysql', connect: connectAsAdmin, stop: async () => undefined };
}

async function onMariadb(): Promise<ReaderWorld> {
  const server = await startPrivateServer('mariadb');
  const { user, password } = server.reader;
  return {
    address: { host: '127.0.0.1', port: server.port, user, tls: { mode: 'disabled' } },
    password,
    flavour: 'mariadb',
    connect: (options) => connectTo(server, options),
    stop: server.stop,
  };
}

/** The stack's MySQL, plain and encrypted, and a MariaDB of the suite's own. */
export const READERS: readonly { name: string; start: () => Promise<ReaderWorld> }[] = [
  { name: 'MySQL', start: () => onStack(async () => ({ mode: 'disabled' })) },
  {
    name: 'MySQL, encrypted',
    start: () => onStack(async () => ({ mode: 'verify-ca', caPem: await stackAuthority() })),
  },
  { name: 'MariaDB', start: onMariadb },
];
