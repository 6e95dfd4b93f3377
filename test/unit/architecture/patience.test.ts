import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'unit/architecture/patience.test.ts')
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'test', name), 'utf8') }));

function filesWith(pattern: RegExp): string[] {
  return files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
}

it.each([
  [
    'a limit of its own for a test or a hook',
    /^\s*\}?,? ?[\d_]{5,}\);$|^.*\{ timeout: [\d_]+ \}|^\s*timeout: [\d_]+,$/m,
  ],
  ['a wait that gives up after a time', /vi\.waitFor|expect\.poll|AbortSignal\.timeout/],
  ['an upper limit for a time that was measured', /expect\((Date|performance)\.now\(\)[^\n]*toBeLess/],
])('no test has %s: a busy machine is no fault (support/wait.ts)', (_, pattern) => {
  expect(files.length).toBeGreaterThan(100);
  expect(filesWith(pattern)).toEqual([]);
});
