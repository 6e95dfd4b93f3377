import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { Component } from '../../local/component.ts';
import {
  ADMIN_USER,
  READER_USER,
  readPasswords,
  type ServerKind,
  startServer,
} from '../../local/mysql/mysql.ts';
import { onFreePorts } from '../../local/tools/ports.ts';
import type { Flavour } from '../../src/pipeline/objects/run.ts';
import { SERVERS, type ServerName } from './servers.ts';

/** How to reach a server, and who may do everything there. */
export interface ServerAddress {
  flavour: Flavour;
  port: number;
  /** Reads everything, as Adutora's user does. */
  reader: { user: string; password: string };
  admin: { user: string; password: string };
}

/** A database server of a test's own, to be restarted and killed at will. */
export interface PrivateServer extends ServerAddress {
  /**
   * `clean` shuts it down in order, `kill` is `kill -9`; other options may be given for the new
   * start.
   */
  restart(how: 'clean' | 'kill', options?: readonly string[]): Promise<void>;
  /** The folder of its data files. */
  dataDir: string;
  /**
   * Stops it and starts another server: over the same data (an upgrade), or over new ones, at the
   * same address.
   */
  become(name: ServerName, data: 'same' | 'new'): Promise<void>;
  stop(): Promise<void>;
}

/** The server that stands for a flavour where nothing else is said. */
const USUAL: Readonly<Record<Flavour, ServerName>> = { mysql: 'mysql-8.0', mariadb: 'mariadb-10.11' };

/**
 * Starts a server on a free port with options of its own, such as `--table-definition-cache=400`.
 */
export async function startPrivateServer(
  wanted: Flavour | ServerName,
  input: { options?: readonly string[]; initOptions?: readonly string[]; env?: Record<string, string> } = {},
): Promise<PrivateServer> {
  let kind: ServerKind = SERVERS[wanted === 'mysql' || wanted === 'mariadb' ? USUAL[wanted] : wanted];
  await kind.install();
  const dataDir = await mkdtemp(join(tmpdir(), `adutora-${wanted}-`));
  const passwords = readPasswords(dataDir);
  const begin = (port: number, options: readonly string[]): Promise<Component> =>
    startServer(kind, {
      dataDir,
      logDir: join(dataDir, 'log'),
      env: input.env ?? {},
      port,
      passwords,
      options,
      ...(input.initOptions && { initOptions: input.initOptions }),
    });
  const first = await onFreePorts(async ({ mysql: port }) => ({
    port,
    component: await begin(port, input.options ?? []),
  }));
  const { port } = first;
  let { component } = first;
  return {
    flavour: kind.name,
    port,
    dataDir: join(dataDir, kind.name),
    reader: { user: READER_USER, password: passwords.reader },
    admin: { user: ADMIN_USER, password: passwords.admin },
    restart: async (how, options) => {
      if (how === 'kill') process.kill(component.pid, 'SIGKILL');
      else await component.stop();
      await component.died;
      component = await begin(port, options ?? input.options ?? []);
    },
    become: async (name, data) => {
      await component.stop();
      await component.died;
      if (data === 'new') await rm(join(dataDir, kind.name), { recursive: true });
      kind = SERVERS[name];
      await kind.install();
      component = await begin(port, input.options ?? []);
    },
    stop: async () => {
      await component.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A connection that may do everything. The caller ends it. */
export function connectTo(server: ServerAddress, options: ConnectionOptions = {}): Promise<Connection> {
  return mysql.createConnection({
    host: '127.0.0.1',
    port: server.port,
    ...server.admin,
    multipleStatements: true,
    ...options,
  });
}
