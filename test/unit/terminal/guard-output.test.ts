import { beforeEach, describe, expect, it } from 'vitest';
import { guardOutput } from '../../../src/terminal/guard-output.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { remembering, rememberSecret } from '../../../src/terminal/redact.ts';
import { CLEAR_LINE, styled } from '../../../src/terminal/terminal-text.ts';
import { textTable } from '../../../src/terminal/text-table.ts';

const HOSTILE = 'x\u001b[2J\u009b1m\u202e\u2066\u200e\u0007\r\u2028y';
const SHOWN = 'x\\u001b[2J\\u009b1m\\u202e\\u2066\\u200e\\u0007\\r\\u2028y';

let written: string[];
const stream = {
  isTTY: true,
  write: (text: string) => written.push(text) > 0,
} as unknown as NodeJS.WriteStream;
guardOutput([stream]);
beforeEach(() => {
  written = [];
});

describe('whatever is written', () => {
  it('shows control and format characters instead of obeying them; lines and tabs stay', () => {
    stream.write(`${HOSTILE}\n\t.`);
    expect(written).toEqual([`${SHOWN}\n\t.`]);
  });

  it('stays the same value as JSON', () => {
    const value = { [HOSTILE]: `${HOSTILE}\n\u{e0041}\ud800` };
    stream.write(JSON.stringify(value));
    expect(JSON.parse(written[0] ?? '')).toEqual(value);
    expect(written[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it('keeps our own line and style, and no others', () => {
    stream.write(`${CLEAR_LINE}reading`);
    expect(written).toEqual(['\r\u001b[Kreading']);
    const red = '\u001b[31m';
    stream.write(`${red}${styled('red', 'failed')}`);
    expect(written[1]).toMatch(/^\\u001b\[31m/);
    expect(written[1]).not.toMatch(/\d{6}/);
  });

  it('of a table stands in its columns, each cell in one line unless it has several', () => {
    stream.write(textTable(['a\nb', 'c'], [[HOSTILE, ['one', 'two\n']]]));
    const lines = (written[0] ?? '').split('\n').map((line) => line.trimEnd());
    expect(lines).toEqual([
      `a\\nb${' '.repeat(SHOWN.length - 4)}  c`,
      `${SHOWN}  one`,
      `${' '.repeat(SHOWN.length)}  two\\n`,
    ]);
  });

  it('is what a command is busy with, too', () => {
    const progress = createProgress(stream, () => 10_000);
    progress.activity(HOSTILE);
    progress.stop();
    expect(written.join('')).not.toContain('\u202e');
  });
});

describe('a known secret', () => {
  const secret = 'ca"na\\ry é/+ 50%\n';

  it.each([
    ['as it is', (text: string) => text],
    ['as JSON', (text: string) => JSON.stringify({ text })],
    ['as JSON inside JSON', (text: string) => JSON.stringify(JSON.stringify({ text }))],
    ['percent-encoded', encodeURIComponent],
    [
      'percent-encoded in small letters',
      (text: string) => encodeURIComponent(text).replaceAll(/%../g, (one) => one.toLowerCase()),
    ],
    ['as a part of a URL', (text: string) => `redis://:${encodeURIComponent(text)}@h:1`],
    ['as a field of a form', (text: string) => new URLSearchParams({ text }).toString()],
    ['in base64', (text: string) => Buffer.from(text).toString('base64')],
    ['in base64 of URLs', (text: string) => Buffer.from(text).toString('base64url')],
    ['without its line break', (text: string) => text.trimEnd()],
  ])('is not written %s', (_, write) => {
    rememberSecret(secret);
    stream.write(`before ${write(secret)} after`);
    const [line = ''] = written;
    expect(line).toMatch(/^before .*\*\*\*.* after$/s);
    expect(line).not.toMatch(/ca.{0,2}na|Y2E/);
  });

  it('is one that came from Secret Manager', async () => {
    const secrets = remembering({ read: async () => 'from-the-manager-canary' });
    await secrets.read({ kind: 'secret', name: 'n' });
    stream.write('password from-the-manager-canary');
    expect(written).toEqual(['password ***']);
  });

  it('of three characters stands in too many words', () => {
    rememberSecret('abc');
    stream.write('abc');
    expect(written).toEqual(['abc']);
  });
});
