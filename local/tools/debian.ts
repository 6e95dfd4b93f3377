import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../component.ts';
import { isInstalled, run } from './commands.ts';
import { INSTALL_DIR, LIB_DIR } from './paths.ts';

/** A shared library, and the Debian package that brings it. */
export interface DebianLibrary {
  file: string;
  debianPackage: string;
}

/** Where libraries of unpacked packages are found. */
export function libraryEnv(): Record<string, string> {
  const folders = [join(LIB_DIR, 'usr', 'lib', 'x86_64-linux-gnu'), join(LIB_DIR, 'lib', 'x86_64-linux-gnu')];
  return { LD_LIBRARY_PATH: [...folders, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':') };
}

/** Unpacks below `.local/lib` what the machine does not have. */
export async function provideLibraries(libraries: readonly DebianLibrary[]): Promise<void> {
  const known = await run('/sbin/ldconfig', ['-p'], { hint: '' });
  for (const { file, debianPackage } of libraries) {
    const unpacked = await readdir(LIB_DIR, { recursive: true }).catch(() => []);
    if (known.includes(`${file} `) || unpacked.some((name) => name.endsWith(file))) continue;
    await unpackDebian(debianPackage, LIB_DIR);
  }
}

/**
 * Downloads a package and unpacks it into a folder: nothing is installed, root is not needed.
 * Throws a `StackError` where the machine is no Debian or its registry does not have the package.
 */
export async function unpackDebian(debianPackage: string, folder: string): Promise<void> {
  const hint = `Install it yourself: apt-get install ${debianPackage}`;
  if (!(await isInstalled('apt-get')))
    throw new StackError(`The package ${debianPackage} is needed, and this is not Debian.`, hint);
  await mkdir(folder, { recursive: true });
  const download = await mkdtemp(join(INSTALL_DIR, 'download-'));
  try {
    await downloadPackage(debianPackage, download, hint);
    const files = (await readdir(download)).filter((name) => name.endsWith('.deb'));
    for (const name of files) await run('dpkg', ['-x', join(download, name), folder], { hint });
  } finally {
    await rm(download, { recursive: true });
  }
}

/**
 * A machine whose package lists are missing or old gets new ones in a folder of ours: that works
 * without root too.
 */
async function downloadPackage(debianPackage: string, folder: string, hint: string): Promise<void> {
  const options = { hint, cwd: folder };
  const direct = await run('apt-get', ['download', debianPackage], options).catch(() => null);
  if (direct !== null) return;
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const own = [
    ...['-o', `Dir::State::lists=${join(folder, 'lists')}`],
    ...['-o', `Dir::Cache=${join(folder, 'cache')}`],
    ...['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='],
  ];
  await run('apt-get', [...own, '-qq', 'update'], options);
  await run('apt-get', [...own, 'download', debianPackage], options);
}
