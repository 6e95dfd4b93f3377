import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installPython, PYTHON, pythonEnv } from './python/python.ts';
import { PYTHON_DIR, ROOT } from './tools/paths.ts';

interface Step {
  name: string;
  command: string;
  args: string[];
}

const tool = (path: string) => join(ROOT, 'node_modules', path);
const ruff = join(PYTHON_DIR, 'bin', 'ruff');

const STEPS: readonly Step[] = [
  {
    name: 'format, lint and import rules',
    command: tool('.bin/biome'),
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'types', command: tool('.bin/tsc'), args: ['--noEmit', '-p', '.'] },
  { name: 'dead code', command: process.execPath, args: [tool('knip/bin/knip.js'), '--no-progress'] },
  { name: 'Python lint', command: ruff, args: ['check', 'spark', 'test/spark'] },
  { name: 'Python format', command: ruff, args: ['format', '--check', 'spark', 'test/spark'] },
  {
    name: 'unit tests, and that they cover what decides',
    command: process.execPath,
    args: [tool('vitest/vitest.mjs'), 'run', '--project', 'unit', '--coverage'],
  },
  { name: 'Python unit tests', command: PYTHON, args: ['-m', 'pytest', '-m', 'not spark'] },
];

/** `npm run check`: every step, even if one fails; the output of those that do. */
async function main(): Promise<number> {
  await installPython();
  let failed = 0;
  for (const { name, command, args } of STEPS) {
    const started = Date.now();
    const result = spawnSync(command, args, {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, ...pythonEnv(), CI: 'true' },
    });
    const isGood = result.status === 0;
    process.stdout.write(
      `${isGood ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)\n`,
    );
    if (isGood) continue;
    failed += 1;
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
