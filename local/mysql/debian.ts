import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderOnce, run } from '../tools/commands.ts';
import { type DebianPackage, launcher, suiteFolder, unpackFromSuite } from '../tools/debian-suite.ts';
import { asRootArgs, copyDataFolder } from './install.ts';
import { MYSQL_OPTIONS, type ServerKind } from './mysql.ts';

const RELEASE: DebianPackage = { suite: 'sid', name: 'mysql-server-core' };
const TEMPLATE_DIR = `${suiteFolder(RELEASE)}-template`;

const command = () => launcher(RELEASE, join('usr', 'sbin', 'mysqld'));

/** The MySQL of Debian unstable, whose version moves on: 9.7 at the time of writing. */
export const MYSQL_9_7: ServerKind = {
  name: 'mysql',
  version: '9.7',
  install,
  command,
  baseArgs,
  initialise,
  copyTemplate: (folder) => copyDataFolder(TEMPLATE_DIR, folder),
  env: {},
  options: MYSQL_OPTIONS,
};

async function install(): Promise<void> {
  await unpackFromSuite(RELEASE);
  await makeFolderOnce(TEMPLATE_DIR, (folder) => initialise(folder, []));
}

async function initialise(folder: string, options: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [program = '', ...words] = command();
  const args = [...words, '--no-defaults', '--initialize-insecure', ...baseArgs(folder), ...options];
  await run(program, args, { hint: 'MySQL could not initialise its data folder; see the message.' });
}

function baseArgs(dataDir: string): string[] {
  const usr = join(suiteFolder(RELEASE), 'usr');
  return [
    ...asRootArgs(),
    `--basedir=${usr}`,
    `--datadir=${dataDir}`,
    `--plugin-dir=${join(usr, 'lib', 'mysql', 'plugin')}`,
    `--lc-messages-dir=${join(usr, 'share', 'mysql')}`,
    `--character-sets-dir=${join(usr, 'share', 'mysql', 'charsets')}`,
  ];
}
