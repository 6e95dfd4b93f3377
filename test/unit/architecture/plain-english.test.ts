import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownCommands, markdownLinks, markdownPages, ROOT } from '../../support/markdown.ts';
import { sentencesOf, wordsOf } from '../../support/sentences.ts';

const MAX_LINES = 120;
const MAX_WORDS = 25;
const text = (page: string) => readFileSync(join(ROOT, page), 'utf8');
/** On the pages behind the README, for who has more than five minutes. */
const MAX_WORDS_BEHIND = 30;
const longSentences = (markdown: string, maxWords = MAX_WORDS) =>
  sentencesOf(markdown).filter((sentence) => wordsOf(sentence).length > maxWords);
const commandsOf = (page: string) =>
  [...new Set(markdownCommands(text(page)).map(({ script }) => script))].sort();
const headingsOf = (page: string) => text(page).match(/^#+ /gm);

describe.each(['README.md', 'README.pt-BR.md'])('%s, for somebody who has five minutes', (page) => {
  it(`has at most ${MAX_LINES} lines`, () => {
    expect(text(page).trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_LINES);
  });

  it(`has no sentence of more than ${MAX_WORDS} words`, () => {
    expect(sentencesOf(text(page)).length).toBeGreaterThan(50);
    expect(longSentences(text(page))).toEqual([]);
  });

  it('has one picture, and leads to the limits', () => {
    expect(text(page).match(/^```mermaid$/gm)).toHaveLength(1);
    expect(markdownLinks(text(page))).toContain('docs/limits.md');
  });
});

it('both say the same: the same headings, commands and links', () => {
  expect(headingsOf('README.pt-BR.md')).toEqual(headingsOf('README.md'));
  expect(commandsOf('README.pt-BR.md')).toEqual(commandsOf('README.md'));
  const links = (page: string) => markdownLinks(text(page)).filter((link) => !link.startsWith('README'));
  expect(links('README.pt-BR.md')).toEqual(links('README.md'));
});

/** What happened, and heads of scripts. */
const OTHERS = ['CHANGELOG.md', 'findings/README.md'];
const behind = markdownPages().filter((page) => !page.startsWith('README') && !OTHERS.includes(page));

it.each(behind)(`%s has no sentence of more than ${MAX_WORDS_BEHIND} words`, (page) => {
  expect(longSentences(text(page), MAX_WORDS_BEHIND)).toEqual([]);
});

describe('sentences of a page', () => {
  const words = (count: number) => `${'word '.repeat(count - 1)}end`;

  it.each([
    ['a paragraph', `Short. ${words(26)}.`],
    ['a paragraph of several lines', `Short.\n${words(13)}\n${words(13)}.`],
    ['a heading', `# ${words(26)}`],
    ['an item', `- one\n- ${words(26)}\n- three`],
    ['a numbered item', `1. ${words(26)}`],
    ['a quote', `> ${words(26)}`],
    ['a cell', `| a | ${words(26)} |\n| --- | --- |`],
    ['a question', `${words(26)}? Short.`],
    ['link texts', `${words(24)} [two words](https://example.org).`],
    ['code spans, a word each', `${words(24)} \`npm run plan\` \`x\`.`],
  ])('too long in %s is found', (_, page) => {
    expect(longSentences(page)).toHaveLength(1);
  });

  it.each([
    ['a fenced block', `\`\`\`sh\n${words(40)}\n\`\`\``],
    ['a comment', `<!-- ${words(40)} -->`],
    ['items', `- ${words(20)}\n- ${words(20)}`],
    ['cells', `| ${words(20)} | ${words(20)} |`],
    ['a heading above a paragraph', `# ${words(20)}\n${words(20)}`],
    ['a code span', `${words(20)} \`${words(20)}\`.`],
    ['an address of a link', `${words(24)} [link](docs/a-b.md "${words(3)}").`],
    ['sentences with quotes and brackets', `(${words(20)}.) "${words(20)}." ${words(20)}.`],
  ])('is not found in %s', (_, page) => {
    expect(longSentences(page)).toEqual([]);
  });

  it('end at a full stop, but not in a number, a name or a short form', () => {
    expect(sentencesOf('Engine 20.10 of example.org, e.g. Debian’s (i.e. 12). Then v1.2!')).toEqual([
      'Engine 20.10 of example.org, e.g. Debian’s (i.e. 12).',
      'Then v1.2!',
    ]);
    expect(sentencesOf('Que tal? Use p.ex. duas. `x` vem depois.')).toEqual([
      'Que tal?',
      'Use p.ex. duas.',
      'Code vem depois.',
    ]);
    expect(sentencesOf('| `a | b` | c \\| d |')).toEqual(['Code', 'c   d']);
  });
});
