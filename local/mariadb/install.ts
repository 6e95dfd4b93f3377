import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderOnce, run } from '../tools/commands.ts';
import { type DebianPackage, launcher, suiteFolder, unpackFromSuite } from '../tools/debian-suite.ts';

const PROGRAM = join('usr', 'sbin', 'mariadbd');
/**
 * What Debian's mariadb-install-db feeds to a new server, without help texts and the sys schema.
 */
const SYSTEM_SQL = ['system_tables', 'performance_tables', 'system_tables_data'];

/**
 * A MariaDB of a Debian suite below `.local/`, and an initialised data folder to copy. Not part of
 * `npm run stack`.
 */
export async function installMariadb(release: DebianPackage): Promise<void> {
  await unpackFromSuite(release);
  await makeFolderOnce(templateOf(release), (folder) => initialise(release, folder));
}

/** The words that start the server; `baseArgs` and more follow. */
export const mariadbCommand = (release: DebianPackage): readonly string[] => launcher(release, PROGRAM);

/**
 * The system tables, and root without a password, who may come by TCP; the first start takes that
 * away.
 */
async function initialise(release: DebianPackage, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const share = shareOf(release);
  // From 11 on the files are named after MariaDB.
  const names = await readdir(share);
  const prefix = names.includes('mariadb_system_tables.sql') ? 'mariadb' : 'mysql';
  const parts = await Promise.all(
    SYSTEM_SQL.map((name) => readFile(join(share, `${prefix}_${name}.sql`), 'utf8')),
  );
  const root = `REPLACE INTO global_priv VALUES ('localhost', 'root', '{"access":18446744073709551615}');`;
  const file = join(folder, 'bootstrap.sql');
  await writeFile(file, ['CREATE DATABASE mysql;', 'USE mysql;', ...parts, root].join('\n'));
  // run() has no standard input, and mariadbd reads its bootstrap from there.
  const command = [...mariadbCommand(release), '--no-defaults', '--bootstrap', ...baseArgs(release, folder)];
  await run('sh', ['-c', '"$@" < "$0"', file, ...command], {
    hint: 'MariaDB could not initialise its data folder; see the message.',
  });
}

/** Arguments that every start of mariadbd shares. */
export function baseArgs(release: DebianPackage, dataDir: string): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const share = shareOf(release);
  return [
    ...asRoot,
    `--basedir=${join(suiteFolder(release), 'usr')}`,
    `--datadir=${dataDir}`,
    `--plugin-dir=${join(suiteFolder(release), 'usr', 'lib', 'mysql', 'plugin')}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
  ];
}

/** A fresh data folder: a copy of the template. */
export async function copyTemplate(release: DebianPackage, dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return;
  await makeFolderOnce(dataDir, (folder) => cp(templateOf(release), folder, { recursive: true }));
}

const templateOf = (release: DebianPackage) => `${suiteFolder(release)}-template`;

function shareOf(release: DebianPackage): string {
  const share = join(suiteFolder(release), 'usr', 'share');
  return ['mariadb', 'mysql'].map((name) => join(share, name)).find((path) => existsSync(path)) ?? share;
}
