import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../component.ts';
import { isInstalled, makeFolderOnce, run } from '../stack/commands.ts';
import { PYTHON_DIR } from '../stack/paths.ts';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** Interpreter that runs PySpark and the Python tests. */
export const PYTHON = process.env['ADUTORA_PYTHON'] ?? 'python3';

/** Environment in which the packages of `requirements.txt` are found. */
export function pythonEnv(): Record<string, string> {
  return { PYTHONPATH: PYTHON_DIR, PYTHONDONTWRITEBYTECODE: '1' };
}

/** Installs the packages of `requirements.txt`, each checked against its hash; again when the list has changed. */
export async function installPython(): Promise<void> {
  if (!(await isInstalled(PYTHON)))
    throw new StackError(
      `${PYTHON} is not on the PATH.`,
      'Install Python 3.11: apt-get install python3 python3-pip',
    );
  const stampFile = join(PYTHON_DIR, '.requirements');
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  if ((await readFile(stampFile, 'utf8').catch(() => null)) === wanted) return;
  await rm(PYTHON_DIR, { recursive: true, force: true });
  await makeFolderOnce(PYTHON_DIR, (folder) => installRequirements(REQUIREMENTS, folder));
  await writeFile(stampFile, wanted);
}

/** pip into a folder of its own; only files whose hash is pinned. */
export async function installRequirements(file: string, folder: string): Promise<void> {
  const hint = 'Needs x86-64 Linux, CPython 3.11 with pip, and a reachable package index; then start again.';
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
  await run(PYTHON, args, { hint });
}

/** Version of a pinned package, as the stack shows it. */
export function pinnedVersion(name: string): string {
  const line = readFileSync(REQUIREMENTS, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}==`));
  return line?.split('==')[1]?.split(' ')[0] ?? 'unknown';
}
