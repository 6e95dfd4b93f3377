import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';

/**
 * Every text of the repository that a person has written, this one aside: it plants what it looks
 * for.
 */
const files = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .stdout.split('\n')
  .filter(
    (file) =>
      /\.(ts|mjs|py|md|sh|yml|json|toml)$/.test(file) &&
      !/^package-lock\.json$|^test\/fixtures\/|cited-pages\.test\.ts$/.test(file) &&
      existsSync(join(ROOT, file)),
  );

/**
 * Pages that are not in this repository: a numbered section, a paragraph sign, a letter and a
 * number of a list elsewhere.
 */
const ELSEWHERE =
  /\b(?:design|hazards?|spec|house|review)(?:\.md)?,? (?:section|chapter|point|[A-Z]?\d)|§ ?\d|\/work\//i;

/**
 * Paths below these folders, as comments and pages name them; a pattern, or a name in capitals, is
 * no path.
 */
const PATH =
  /(?<![\w./-])(?:src|docs|spark|local|prove|bench|findings|test\/(?:support|unit|integration|e2e|chaos|deep|contract|soak|docker|spark|fixtures))\/[\w./-]*(?<!\/[A-Z]+)\.(?:tsx?|mjs|py|md|sh|json)\b/g;

const deadPaths = (text: string) =>
  [...text.matchAll(PATH)].map(([path]) => path).filter((path) => !existsSync(join(ROOT, path)));

const linesThat = (matches: (line: string, file: string) => boolean) =>
  files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (matches(line, file) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );

it('no page, comment or test cites a page that is not in this repository', () => {
  expect(files.length).toBeGreaterThan(600);
  expect(linesThat((line) => ELSEWHERE.test(line))).toEqual([]);
  for (const planted of ['(design section 4)', '(hazards A1)', 'see design.md, section 2', 'see § 5'])
    expect(planted).toMatch(ELSEWHERE);
});

it('every file of ours that a page or a comment names is there', () => {
  // What was is told by the CHANGELOG; the tests of architecture plant files that are not there.
  const isInHistory = (file: string) =>
    file !== 'CHANGELOG.md' && !file.startsWith('test/unit/architecture/');
  expect(linesThat((line, file) => isInHistory(file) && deadPaths(line).length > 0)).toEqual([]);
  expect(deadPaths('`src/pipeline/nowhere.ts`, docs/verify.md and local/nowhere.py')).toEqual([
    'src/pipeline/nowhere.ts',
    'local/nowhere.py',
  ]);
});

it('every folder of src that a page names is there', () => {
  const pages = files.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
  const named = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`(src\/[\w./-]+)`/g)].map(([, path = '']) => path),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
