import { expect, it } from 'vitest';
import { sourceFiles } from '../../support/source-files.ts';

const MAX_LINES = 300;
const MAX_PYTHON_FUNCTION_LINES = 50;

const texts = new Map(sourceFiles().map(({ file, text }) => [file, text]));
const files = [...texts.keys()];

const linesOf = (file: string) => (texts.get(file) ?? '').split('\n');

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
