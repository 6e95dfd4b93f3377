import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../../src/pipeline/names/shell-word.ts';
import { asArgument, tableLabel } from '../../../../src/pipeline/names/table-ref.ts';
import { visible } from '../../../../src/pipeline/names/visible.ts';

/** The words that a shell takes from a line. */
function wordsOf(line: string): string[] {
  const out = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return out.split('\0').slice(0, -1);
}

describe('a word for a shell', () => {
  it.each([
    ['table=escola.alunos', 'table=escola.alunos'],
    ['table=escola.a$b', "'table=escola.a$b'"],
    ["it's", "'it'\\''s'"],
    ['a b; c', "'a b; c'"],
    ['', "''"],
    ['~', "'~'"],
    ['ação', "'ação'"],
    ["o'\u202e\\", "$'o\\'\\xe2\\x80\\xae\\\\'"],
    ['a\nb', "$'a\\x0ab'"],
  ])('%j is %s', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });

  it('is what a shell takes back, whatever it is, and shows nothing that a terminal obeys', () => {
    const odd = fc.constantFrom(
      ...'\n\t\r\u001b\u009b\u202e\u200d\u2028\'"\\$`!*?[]{}()<>|&;#~= -x',
      'ç',
      '🎓',
      'b1',
      'f',
    );
    const name = fc.string({
      unit: fc.oneof(odd, fc.string({ unit: 'binary', minLength: 1, maxLength: 2 })),
      minLength: 1,
      maxLength: 12,
    });
    const words = fc.sample(
      name.filter((text) => !text.includes('\0') && text.isWellFormed()),
      { numRuns: 300, seed: 1 },
    );
    const quoted = words.map(shellWord);
    expect(wordsOf(quoted.join(' '))).toEqual(words);
    for (const word of quoted) expect(visible(word)).toBe(word);
  });

  it('makes the argument of a table', () => {
    expect(asArgument({ schema: 'escola', table: 'notas' })).toBe('table=escola.notas');
    expect(wordsOf(asArgument({ schema: 'a b', table: "$(id)'`x`\n" }))).toEqual(["table=a b.$(id)'`x`\n"]);
  });
});

describe('a name for people', () => {
  it.each([
    ['a\u202eb', '\\u202e'],
    ['a\nb', '\\n'],
    ['a\u001b[2Jb', '\\u001b'],
    ['a\u009b2Jb', '\\u009b'],
    ['a\u200bb', '\\u200b'],
    ['a\u2028b', '\\u2028'],
    ['a\ufeffb', '\\ufeff'],
    ['a\u{e0041}b', '\\udb40\\udc41'],
    ['a\ud800b', '\\ud800'],
  ])('%j shows %s', (table, shown) => {
    expect(tableLabel({ schema: 's', table })).toContain(shown);
    expect(tableLabel({ schema: 's', table })).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it('stays as it is where everything is seen', () => {
    expect(tableLabel({ schema: 'educação', table: '表 🎓' })).toBe('`educação`.`表 🎓`');
  });
});
