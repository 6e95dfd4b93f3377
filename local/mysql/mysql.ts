import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { type Component, type Place, startProcess } from '../component.ts';
import { libraryEnv } from '../tools/debian.ts';
import { baseArgs, copyTemplate, initialise, installMysql, MYSQLD } from './install.ts';

/** Reads everything (SELECT, PROCESS), as Adutora's user does. */
export const READER_USER = 'adutora';
/** May do everything. */
export const ADMIN_USER = 'stack_admin';

/** Random, made at the first start and kept beside the data. */
export interface MysqlPasswords {
  reader: string;
  admin: string;
}

/** What tells one server from the other. */
export interface ServerKind {
  name: 'mysql' | 'mariadb';
  version: string;
  /** Installs it below `.local/`, once. Throws a `StackError` where it cannot be had. */
  install(): Promise<void>;
  /** The words that start it, before any option. */
  command(): readonly string[];
  baseArgs(folder: string): string[];
  copyTemplate(folder: string): Promise<void>;
  /** A data folder of its own instead, for options that count only when it is made. */
  initialise?(folder: string, options: readonly string[]): Promise<void>;
  env: Record<string, string>;
  options: readonly string[];
}

export type ServerInput = Place & {
  port: number;
  passwords: MysqlPasswords;
  /** Options of the server that go over the stack's own, such as `--table-definition-cache=400`. */
  options?: readonly string[];
  /**
   * Options for the making of the data folder, such as `--lower-case-table-names=1`; given again at
   * each start.
   */
  initOptions?: readonly string[];
};

/** What every MySQL of the tests is given. */
export const MYSQL_OPTIONS: readonly string[] = [
  '--mysqlx=OFF',
  '--secure-file-priv=',
  '--local-infile=ON',
  '--innodb-buffer-pool-size=256M',
  '--innodb-redo-log-capacity=128M',
];

/** The stack's MySQL. */
export const MYSQL_8_0: ServerKind = {
  name: 'mysql',
  version: '8.0.31',
  install: installMysql,
  command: () => [MYSQLD],
  baseArgs,
  initialise,
  copyTemplate,
  env: libraryEnv(),
  options: MYSQL_OPTIONS,
};

/**
 * A real MySQL 8 on loopback with the two users. TLS is left as it comes: on, with certificates
 * that mysqld makes itself.
 */
export function startMysql(input: ServerInput): Promise<Component> {
  return startServer(MYSQL_8_0, input);
}

/** A real server on loopback with the two users. */
export async function startServer(kind: ServerKind, input: ServerInput): Promise<Component> {
  const { port, dataDir, passwords } = input;
  const folder = join(dataDir, kind.name);
  const { initOptions } = input;
  if (!initOptions || !kind.initialise) await kind.copyTemplate(folder);
  else if (!existsSync(folder)) await kind.initialise(folder, initOptions);
  const sockets = socketFolder(dataDir);
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  const [command = '', ...words] = kind.command();
  const component = await startProcess({
    name: kind.name,
    version: kind.version,
    address: `127.0.0.1:${port}`,
    command,
    args: [
      ...words,
      '--no-defaults',
      ...kind.baseArgs(folder),
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(sockets, 's.sock')}`,
      `--pid-file=${join(sockets, 'm.pid')}`,
      '--skip-log-bin',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=256M',
      ...kind.options,
      ...(initOptions ?? []),
      ...(input.options ?? []),
    ],
    env: { ...input.env, ...kind.env },
    logDir: input.logDir,
    isReady: () => isReady(port, passwords),
  });
  const stop = () => component.stop().then(() => rm(sockets, { recursive: true, force: true }));
  return { ...component, stop };
}

/** A socket's path may have 107 characters; it would have more below a deep checkout. */
function socketFolder(dataDir: string): string {
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return join(tmpdir(), `adutora-mysql-${mark}`);
}

/** The passwords of a data folder, made if there are none yet. */
export function readPasswords(dataDir: string): MysqlPasswords {
  const file = join(dataDir, 'mysql-passwords.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const passwords = { reader: randomBytes(16).toString('hex'), admin: randomBytes(16).toString('hex') };
  writeFileSync(file, JSON.stringify(passwords), { mode: 0o600 });
  return passwords;
}

/**
 * The server answers, and both users are there: made at the first start, when root still has no
 * password.
 */
async function isReady(port: number, passwords: MysqlPasswords): Promise<boolean> {
  const admin = await connect({ port, user: ADMIN_USER, password: passwords.admin });
  if (admin) {
    await admin.end();
    return true;
  }
  const root = await connect({ port, user: 'root', password: '' });
  if (!root) return false;
  await makeUsers(root, passwords);
  await root.end();
  return true;
}

/** The grants of docs/security.md, for schemas of every name; a test compares them. */
function readerGrants(user: string): string[] {
  const locks = ['metadata_locks', 'threads'];
  return [
    `GRANT SELECT ON \`%\`.* TO ${user}`,
    `GRANT PROCESS ON *.* TO ${user}`,
    ...locks.map((table) => `GRANT SELECT ON performance_schema.${table} TO ${user}`),
  ];
}

async function makeUsers(root: Connection, passwords: MysqlPasswords): Promise<void> {
  const statements = [
    `CREATE USER IF NOT EXISTS '${READER_USER}'@'%' IDENTIFIED BY '${passwords.reader}'`,
    ...readerGrants(`'${READER_USER}'@'%'`),
    `CREATE USER IF NOT EXISTS '${ADMIN_USER}'@'%' IDENTIFIED BY '${passwords.admin}'`,
    `GRANT ALL ON *.* TO '${ADMIN_USER}'@'%' WITH GRANT OPTION`,
    // Last: until here another start would find root open and go on.
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${passwords.admin}'`,
  ];
  for (const statement of statements) await root.query(statement);
}

async function connect(options: {
  port: number;
  user: string;
  password: string;
}): Promise<Connection | null> {
  const connection = await mysql
    .createConnection({ host: '127.0.0.1', connectTimeout: 2_000, ...options })
    .catch(() => null);
  return connection;
}
