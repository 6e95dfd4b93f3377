import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { type Component, startProcess } from '../component.ts';
import { baseArgs, copyTemplate, libraryEnv, MYSQLD } from './install.ts';

export const READER = 'adutora';
export const ADMIN = 'stack_admin';

export interface MysqlPasswords {
  reader: string;
  admin: string;
}

/** A real MySQL 8 on loopback, with a reader (SELECT, PROCESS) and an admin whose random passwords stay in the data folder. */
export async function startMysql(input: {
  port: number;
  dataDir: string;
  logDir: string;
  extraArgs?: readonly string[];
}): Promise<{ component: Component; passwords: MysqlPasswords }> {
  const { port, dataDir, logDir } = input;
  mkdirSync(dataDir, { recursive: true });
  const folder = join(dataDir, 'mysql');
  await copyTemplate(folder);
  const passwords = readPasswords(join(dataDir, 'mysql-passwords.json'));
  // A socket's path may have 107 characters; ours would be longer below a deep checkout.
  const sockets = await mkdtemp(join(tmpdir(), 'adutora-'));
  const component = await startProcess({
    name: 'mysql',
    version: '8.0.31',
    address: `127.0.0.1:${port}`,
    command: MYSQLD,
    args: [
      '--no-defaults',
      ...baseArgs(folder),
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(sockets, 's.sock')}`,
      `--pid-file=${join(sockets, 'm.pid')}`,
      '--mysqlx=OFF',
      '--skip-log-bin',
      '--secure-file-priv=',
      '--local-infile=ON',
      '--innodb-buffer-pool-size=256M',
      '--innodb-redo-log-capacity=128M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=256M',
      ...(input.extraArgs ?? []),
    ],
    env: libraryEnv(),
    logDir,
    isReady: () => isReady(port, passwords),
  });
  return { component, passwords };
}

function readPasswords(file: string): MysqlPasswords {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const passwords = { reader: randomBytes(16).toString('hex'), admin: randomBytes(16).toString('hex') };
  writeFileSync(file, JSON.stringify(passwords), { mode: 0o600 });
  return passwords;
}

/** The server answers, and both users are there: made at the first start, when root still has no password. */
async function isReady(port: number, passwords: MysqlPasswords): Promise<boolean> {
  const admin = await connect({ port, user: ADMIN, password: passwords.admin });
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

async function makeUsers(root: Connection, passwords: MysqlPasswords): Promise<void> {
  const statements = [
    `CREATE USER IF NOT EXISTS '${READER}'@'%' IDENTIFIED BY '${passwords.reader}'`,
    `GRANT SELECT, PROCESS ON *.* TO '${READER}'@'%'`,
    `CREATE USER IF NOT EXISTS '${ADMIN}'@'%' IDENTIFIED BY '${passwords.admin}'`,
    `GRANT ALL ON *.* TO '${ADMIN}'@'%' WITH GRANT OPTION`,
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
