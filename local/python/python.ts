import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../component.ts';
import { isInstalled, makeFolderOnce, run } from '../tools/commands.ts';
import { PYTHON_DIR } from '../tools/paths.ts';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** Holds the list that was installed. */
const STAMP = '.requirements';

/** Interpreter that runs PySpark and the Python tests. */
export const PYTHON = 'python3';

/** Environment in which the packages of `requirements.txt` are found. */
export function pythonEnv(): Record<string, string> {
  return { PYTHONPATH: PYTHON_DIR, PYTHONDONTWRITEBYTECODE: '1' };
}

/** Installs the packages of `requirements.txt`. */
export async function installPython(): Promise<void> {
  if (!(await isInstalled(PYTHON)))
    throw new StackError(
      `${PYTHON} is not on the PATH.`,
      'Install Python 3.9 to 3.12 with pip: apt-get install python3 python3-pip',
    );
  await installWhereChanged(REQUIREMENTS, PYTHON_DIR);
}

/**
 * Fills a folder with a list of packages, each checked against its hash; again when the list has
 * changed. `env`: for what pip builds.
 */
export async function installWhereChanged(
  file: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<void> {
  const wanted = await readFile(file, 'utf8');
  if ((await readFile(join(folder, STAMP), 'utf8').catch(() => null)) === wanted) return;
  await rm(folder, { recursive: true, force: true });
  await makeFolderOnce(folder, async (temporary) => {
    await installRequirements(file, temporary, env);
    await writeFile(join(temporary, STAMP), wanted);
  });
}

/** pip into a folder of its own; only files whose hash is pinned. */
export async function installRequirements(
  file: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<void> {
  const hint =
    'Check that pip is there (apt-get install python3-pip) and reaches its package index (a mirror goes into pip.conf), then start again: what is done is kept.';
  const args = [
    '-m',
    'pip',
    'install',
    '-q',
    '--no-deps',
    '--disable-pip-version-check',
    '--require-hashes',
    '--target',
    folder,
    '-r',
    file,
  ];
  await run(PYTHON, args, { hint, env });
}
