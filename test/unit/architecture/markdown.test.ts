import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import {
  markdownAnchors,
  markdownCommands,
  markdownLinks,
  markdownPages,
  ROOT,
} from '../../support/markdown.ts';

const text = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };

it('looks at every page', () => {
  const pages = markdownPages();
  for (const page of [
    'README.md',
    'README.pt-BR.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/errors.md',
    'docs/unproven.md',
    'test/chaos/README.md',
  ])
    expect(pages).toContain(page);
});

it.each(markdownPages())('%s: every relative link and anchor resolves', (page) => {
  const broken = markdownLinks(text(page)).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !markdownAnchors(text(target)).has(decodeURIComponent(anchor));
  });
  expect(broken).toEqual([]);
});

it.each(markdownPages())('%s: every npm command is a script', (page) => {
  const unknown = markdownCommands(text(page))
    .map(({ script }) => script)
    .filter((script) => scripts[script] === undefined);
  expect(unknown).toEqual([]);
});

it.each(markdownPages())('%s: every file that a command starts is there', (page) => {
  const files = [...text(page).matchAll(/\bnode ((?:bench|local|prove|src|docs)\/[\w./-]+\.m?[jt]s)/g)].map(
    (match) => match[1] ?? '',
  );
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

it('every script of people is in the README or in CONTRIBUTING', () => {
  const told = new Set(
    ['README.md', 'CONTRIBUTING.md'].flatMap((page) =>
      markdownCommands(text(page)).map(({ script }) => script),
    ),
  );
  const silent = Object.keys(scripts).filter((name) => !name.startsWith('pre') && !told.has(name));
  expect(silent).toEqual([]);
});

it('every command tells its usage with the words that npm wants', () => {
  const { stdout } = spawnSync(process.execPath, ['src/cli.ts', '--help'], { cwd: ROOT, encoding: 'utf8' });
  const commands = [...stdout.matchAll(/^ {2}(\w+) +\S/gm)].map((match) => match[1] ?? '');
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
});
