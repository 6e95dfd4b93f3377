import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderOnce, run } from '../stack/commands.ts';
import { type DebianLibrary, libraryEnv, provideLibraries, unpackDebian } from '../stack/debian.ts';
import { INSTALL_DIR, MARIADB_DIR } from '../stack/paths.ts';

/** The server's binary. */
export const MARIADBD = join(MARIADB_DIR, 'usr', 'sbin', 'mariadbd');
const SHARE_DIR = join(MARIADB_DIR, 'usr', 'share', 'mysql');
const TEMPLATE_DIR = join(INSTALL_DIR, 'mariadb-template');
/** What mariadbd links to beyond what every Debian has. */
const LIBRARIES: readonly DebianLibrary[] = [
  { file: 'libaio.so.1', debianPackage: 'libaio1' },
  { file: 'libnuma.so.1', debianPackage: 'libnuma1' },
  { file: 'liburing.so.2', debianPackage: 'liburing2' },
  { file: 'libpcre2-8.so.0', debianPackage: 'libpcre2-8-0' },
  { file: 'libssl.so.3', debianPackage: 'libssl3' },
  { file: 'libsystemd.so.0', debianPackage: 'libsystemd0' },
];
/** What Debian's mariadb-install-db feeds to a new server, without help texts and the sys schema. */
const SYSTEM_SQL = [
  'mysql_system_tables.sql',
  'mysql_performance_tables.sql',
  'mysql_system_tables_data.sql',
];

/** Debian's MariaDB (10.11 on Debian 12) below `.local/`, and an initialised data folder to copy. Not part of `npm run stack`. */
export async function installMariadb(): Promise<void> {
  await provideLibraries(LIBRARIES);
  await makeFolderOnce(MARIADB_DIR, (folder) => unpackDebian('mariadb-server-core', folder));
  await makeFolderOnce(TEMPLATE_DIR, initialise);
}

/** The system tables, and root without a password, who may come by TCP; the first start takes that away. */
async function initialise(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const parts = await Promise.all(SYSTEM_SQL.map((name) => readFile(join(SHARE_DIR, name), 'utf8')));
  const root = `REPLACE INTO global_priv VALUES ('localhost', 'root', '{"access":18446744073709551615}');`;
  const file = join(folder, 'bootstrap.sql');
  await writeFile(file, ['CREATE DATABASE mysql;', 'USE mysql;', ...parts, root].join('\n'));
  // run() has no standard input, and mariadbd reads its bootstrap from there.
  const command = [MARIADBD, '--no-defaults', '--bootstrap', ...baseArgs(folder)];
  await run('sh', ['-c', '"$@" < "$0"', file, ...command], {
    hint: 'MariaDB could not initialise its data folder; see the message.',
    env: libraryEnv(),
  });
}

/** Arguments that every start of mariadbd shares. */
export function baseArgs(dataDir: string): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  return [
    ...asRoot,
    `--basedir=${join(MARIADB_DIR, 'usr')}`,
    `--datadir=${dataDir}`,
    `--lc-messages-dir=${SHARE_DIR}`,
    `--character-sets-dir=${join(SHARE_DIR, 'charsets')}`,
  ];
}

/** A fresh data folder: a copy of the template. */
export async function copyTemplate(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return;
  await makeFolderOnce(dataDir, (folder) => cp(TEMPLATE_DIR, folder, { recursive: true }));
}
