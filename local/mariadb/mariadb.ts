import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, type Place, startProcess } from '../component.ts';
import { isReady, type MysqlPasswords, socketFolder } from '../mysql/mysql.ts';
import { libraryEnv } from '../stack/debian.ts';
import { baseArgs, copyTemplate, MARIADBD } from './install.ts';

/** A real MariaDB on loopback with the stack's two users. */
export async function startMariadb(
  input: Place & { port: number; passwords: MysqlPasswords; options?: readonly string[] },
): Promise<Component> {
  const { port, dataDir, passwords } = input;
  const folder = join(dataDir, 'mariadb');
  await copyTemplate(folder);
  const sockets = socketFolder(dataDir);
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  const component = await startProcess({
    name: 'mariadb',
    version: '10.11',
    address: `127.0.0.1:${port}`,
    command: MARIADBD,
    args: [
      '--no-defaults',
      ...baseArgs(folder),
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(sockets, 's.sock')}`,
      `--pid-file=${join(sockets, 'm.pid')}`,
      '--skip-log-bin',
      '--innodb-buffer-pool-size=128M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=256M',
      ...(input.options ?? []),
    ],
    env: { ...input.env, ...libraryEnv() },
    logDir: input.logDir,
    isReady: () => isReady(port, passwords),
  });
  const stop = () => component.stop().then(() => rm(sockets, { recursive: true, force: true }));
  return { ...component, stop };
}
