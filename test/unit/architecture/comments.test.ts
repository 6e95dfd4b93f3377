import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const COLUMNS = 100;

/** Lines that are a comment and nothing else, as `file:line`, where they are too long. */
function tooLong(files: readonly { file: string; text: string }[]): string[] {
  return files.flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        line.length > COLUMNS && /^\s*(\/\/|\/\*\*|\*|#) /.test(line) ? [`${file}:${index + 1}`] : [],
      ),
  );
}

const files = ['src', 'local', 'prove', 'spark', 'test', 'bench', 'docs'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|py)$/.test(name))
    .map((name) => ({ file: join(folder, name), text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);

it(`no line of a comment is longer than ${COLUMNS} columns`, () => {
  expect(files.length).toBeGreaterThan(500);
  expect(tooLong(files)).toEqual([]);
  expect(tooLong([{ file: 'a.ts', text: `// ${'x'.repeat(COLUMNS)}` }])).toEqual(['a.ts:1']);
});
