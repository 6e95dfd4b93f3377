import type { Component } from '../component.ts';
import { type ServerInput, type ServerKind, startServer } from '../mysql/mysql.ts';
import { baseArgs, copyTemplate, MARIADBD } from './install.ts';

const MARIADB: ServerKind = {
  name: 'mariadb',
  version: '10.11',
  command: MARIADBD,
  baseArgs,
  copyTemplate,
  options: ['--innodb-buffer-pool-size=128M'],
};

/** A real MariaDB on loopback with the stack's two users. */
export function startMariadb(input: ServerInput): Promise<Component> {
  return startServer(MARIADB, input);
}
