import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../component.ts';
import { isInstalled, makeFolderOnce, run } from './commands.ts';
import { DEBIAN_DIR, INSTALL_DIR } from './paths.ts';

/** A package of one of Debian's suites: `trixie`, or `sid`, whose versions move on. */
export interface DebianPackage {
  suite: string;
  name: string;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Debian 12 still has its C library outside /usr. */
const LIBRARIES = [join('usr', 'lib', 'x86_64-linux-gnu'), join('lib', 'x86_64-linux-gnu')];
const LOADER = 'ld-linux-x86-64.so.2';
const HINT =
  'It is needed only for npm run test:deep and npm run soak:verify, on Debian with its archive in reach.';

/** Where the package lies once it is unpacked, with all that it needs. */
export const suiteFolder = ({ suite, name }: DebianPackage): string => join(DEBIAN_DIR, `${suite}-${name}`);

/**
 * A command that starts a program of an unpacked package: by the package's own loader and C
 * library, which may be newer than this machine's. No root and no chroot.
 */
export function launcher(wanted: DebianPackage, program: string): readonly string[] {
  const folder = suiteFolder(wanted);
  const libraries = LIBRARIES.map((path) => join(folder, path));
  const home = libraries.find((path) => existsSync(join(path, LOADER))) ?? '';
  return [join(home, LOADER), '--library-path', libraries.join(':'), join(folder, program)];
}

/**
 * Unpacks a package and everything it depends on below `.local/debian/`, once; nothing is
 * installed. It comes from where this machine's apt takes its own suite, by way of apt, which
 * checks signatures and sums. Throws a `StackError` where the machine is no Debian, or the suite is
 * not to be had.
 */
export async function unpackFromSuite(wanted: DebianPackage): Promise<void> {
  await mkdir(DEBIAN_DIR, { recursive: true });
  await makeFolderOnce(suiteFolder(wanted), async (folder) => {
    const apt = await mkdtemp(join(INSTALL_DIR, 'apt-'));
    try {
      const packages = await download(wanted, apt);
      await mkdir(folder, { recursive: true });
      for (const file of packages) await run('dpkg', ['-x', file, folder], { hint: HINT });
    } finally {
      await rm(apt, { recursive: true });
    }
  });
}

/**
 * The paths of the package and of all that it depends on, down to the C library: `status` says that
 * nothing is there.
 */
async function download({ suite, name }: DebianPackage, folder: string): Promise<string[]> {
  const archives = join(folder, 'cache', 'archives');
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  const list = join(folder, 'sources.list');
  await writeFile(list, `deb ${signed}${await archiveAddress()} ${suite} main\n`);
  await writeFile(join(folder, 'status'), '');
  const own = [
    ...[
      '-o',
      `Dir::Etc::sourcelist=${list}`,
      '-o',
      'Dir::Etc::sourceparts=/dev/null',
      '-o',
      'Dir::Etc::preferencesparts=/dev/null',
    ],
    ...['-o', `Dir::State=${folder}`, '-o', `Dir::State::lists=${join(folder, 'lists')}`],
    ...['-o', `Dir::State::status=${join(folder, 'status')}`, '-o', `Dir::Cache=${join(folder, 'cache')}`],
    ...['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=', '-o', 'APT::Install-Recommends=0'],
    ...['-o', 'Acquire::Languages=none', '-o', 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false'],
  ];
  const options = { hint: HINT, cwd: folder };
  await run('apt-get', [...own, '-qq', '--error-on=any', 'update'], options);
  await run('apt-get', [...own, '-qq', '-y', '--download-only', 'install', name], options);
  return (await readdir(archives))
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file));
}

/** Where apt takes this Debian's own suite from, by its configuration: a mirror counts. */
async function archiveAddress(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([\w-]+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || !codename || !(await isInstalled('apt-get')))
    throw new StackError('This machine is not Debian with apt.', HINT);
  const uris = await run('apt-get', ['--print-uris', 'update'], { hint: HINT });
  const address = new RegExp(`^'(\\S+)/dists/${codename}/InRelease'`, 'm').exec(uris)?.[1];
  if (address) return address;
  throw new StackError(`apt's configuration names no archive of ${codename}.`, HINT);
}
