import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FOLDERS = ['src', 'local', 'prove', 'spark', 'test', 'bench', 'docs'].filter((folder) =>
  existsSync(join(ROOT, folder)),
);
const MAX_LINES = 300;
const MAX_PYTHON_FUNCTION_LINES = 50;

const files = FOLDERS.flatMap((folder) => {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(ts|mjs|py)$/.test(name)).map((name) => join(folder, name));
});

const linesOf = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n');

it('finds the files it is to look at', () => {
  expect(files.length).toBeGreaterThan(100);
});

it(`has no file over ${MAX_LINES} lines`, () => {
  expect(files.filter((file) => linesOf(file).length - 1 > MAX_LINES)).toEqual([]);
});

it(`has no Python function over ${MAX_PYTHON_FUNCTION_LINES} lines`, () => {
  const long = files
    .filter((file) => file.endsWith('.py'))
    .flatMap((file) => {
      const starts = linesOf(file).flatMap((line, index) => (/^\s*(def|class) /.test(line) ? [index] : []));
      return starts
        .filter(
          (start, at) => (starts[at + 1] ?? linesOf(file).length) - start > MAX_PYTHON_FUNCTION_LINES + 10,
        )
        .map((start) => `${file}:${start + 1}`);
    });
  expect(long).toEqual([]);
});

it('names no path of a machine', () => {
  expect(
    files.filter(
      (file) => !file.includes('architecture') && /["'`\s]\/(work|root)\//.test(linesOf(file).join('\n')),
    ),
  ).toEqual([]);
});
