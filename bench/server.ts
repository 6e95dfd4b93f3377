import mysql, { type Connection } from 'mysql2/promise';
import { ADMIN_USER, MYSQL_8_0, readPasswords, startServer } from '../local/mysql/mysql.ts';
import { installParts, type Say } from '../local/stack/install-all.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import { onFreePorts } from '../local/tools/ports.ts';

/** A MySQL of a bench's own. */
export interface BenchServer {
  port: number;
  pid: number;
  version: string;
  /** Its data, and room for more; gone at the end. */
  folder: string;
  /** Of a user who may do everything. */
  login: { user: string; password: string };
  connection: Connection;
  stop(): Promise<void>;
}

/**
 * Starts the stack's MySQL on a data folder of its own, on loopback, with room for the tables in
 * its memory, so that no disk is measured.
 */
export async function startBenchServer(say: Say): Promise<BenchServer> {
  await installParts(['mysql'], say);
  const folder = makeTemporaryFolder('adutora-bench-');
  const passwords = readPasswords(folder);
  const start = (port: number) =>
    startServer(MYSQL_8_0, {
      ...{ dataDir: folder, logDir: `${folder}/log`, env: { ADUTORA_BENCH: folder }, port, passwords },
      options: ['--innodb-buffer-pool-size=2G', '--performance-schema=OFF', '--innodb-doublewrite=0'],
    });
  const { port, server } = await onFreePorts(async ({ mysql: free }) => ({
    port: free,
    server: await start(free),
  }));
  const login = { user: ADMIN_USER, password: passwords.admin };
  const connection = await mysql.createConnection({ host: '127.0.0.1', port, ...login });
  const stop = async () => {
    await connection.end();
    await server.stop();
  };
  return { port, pid: server.pid, version: server.version, folder, login, connection, stop };
}
