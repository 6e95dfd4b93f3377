import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';

const SUPPORT = join(ROOT, 'test', 'support');
const page = readFileSync(join(SUPPORT, 'README.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
/** As they lie in the folder: `wait.ts`, `chaos/`. */
const present = readdirSync(SUPPORT, { withFileTypes: true })
  .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  .filter((name) => name !== 'README.md');
const isExample = (code: string) => code.startsWith('test/');
const isPiece = (code: string) => /^[\w-]+(\.ts|\/)$/.test(code) && code !== 'spark/';

it('test/support/README.md names every file and folder of test/support, and no other', () => {
  const named = new Set([...page.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).filter(isPiece));
  expect([...named].sort()).toEqual([...present].sort());
});

it('its examples are there, and take the harness that their row names', () => {
  const examples = rows.filter((row) => row.some(isExample));
  expect(examples.length).toBeGreaterThan(20);
  const wrong = examples.flatMap((row) => {
    const example = row.find(isExample) ?? '';
    if (!existsSync(join(ROOT, example))) return [`${example} is not there`];
    const text = readFileSync(join(ROOT, example), 'utf8');
    const takes = row
      .filter(isPiece)
      .some((piece) => text.includes(`support/${piece.endsWith('/') ? piece : basename(piece)}`));
    return takes ? [] : [`${example} takes none of ${row.filter(isPiece).join(', ')}`];
  });
  expect(wrong).toEqual([]);
});
