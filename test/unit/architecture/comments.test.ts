import { expect, it } from 'vitest';
import { sourceFiles } from '../../support/source-files.ts';

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

const files = sourceFiles();

it(`no line of a comment is longer than ${COLUMNS} columns`, () => {
  expect(files.length).toBeGreaterThan(500);
  expect(tooLong(files)).toEqual([]);
  expect(tooLong([{ file: 'a.ts', text: `// ${'x'.repeat(COLUMNS)}` }])).toEqual(['a.ts:1']);
});
