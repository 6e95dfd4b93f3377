import { describe, expect, it } from 'vitest';
import { createLineWriter } from '../../../src/engines/direct/line-writer.ts';
import type { Spec } from '../../../src/pipeline/objects/spec.ts';
import { MASK_KEY, randomRows, randomSpec } from '../../support/lines/random-lines.ts';
import { linesOf, type Reference, type Row } from '../../support/lines/reference.ts';
import { encodeRow } from '../../support/mysql-packets.ts';
import { specOf } from '../../support/samples.ts';
import { seedsOf } from '../../support/seed.ts';
import { chanceOf } from '../../support/values/random.ts';

const MB = 1024 * 1024;
const ROWS = 20;

/** The rows through the writer, each in the midst of other bytes. */
function write(spec: Spec, rows: readonly Row[]) {
  const chunks: Buffer[] = [];
  const writer = createLineWriter({
    spec,
    maskKey: MASK_KEY,
    flush: (chunk) => {
      chunks.push(chunk);
      return null;
    },
  });
  for (const row of rows) {
    const packet = encodeRow(row);
    const around = Buffer.concat([Buffer.from('"!"'), packet, Buffer.from('"!"')]);
    writer.row(around, 3, 3 + packet.length);
    around.fill(0x23);
  }
  writer.end();
  return { writer, chunks, text: Buffer.concat(chunks) };
}

/** What `spark/adutora_findings.py` says. */
function verdictOf(
  spec: Spec,
  { tagged, keys, collisions, policyCounts, fingerprint }: Reference,
  rows: number,
) {
  const failing = spec.columns.findIndex(
    ({ tag }, index) => tag?.action === 'error' && (tagged[index] ?? 0) > 0,
  );
  const { name, tag } = spec.columns[failing] ?? {};
  const codes: Record<string, string> = {
    value_too_long: 'VALUE_TOO_LONG',
    text_not_unicode: 'TEXT_NOT_UNICODE',
  };
  if (tag)
    return {
      code: codes[tag.rule] ?? 'POLICY_VIOLATION',
      start: `column ${name}: ${tagged[failing]} value`,
      end: `, the first found in the row ${keys[failing]}`,
    };
  if (collisions > 0)
    return {
      code: 'NULL_TOKEN_COLLISION',
      start: `${collisions} texts equal the null token \\NABCD`,
      end: '',
    };
  return { rows, policyCounts, fingerprint };
}
function outcomeOf(writer: ReturnType<typeof createLineWriter>, verdict: object) {
  try {
    return writer.outcome();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    const { start = '', end = '' } = verdict as { start?: string; end?: string };
    return { code, start: message.slice(0, start.length), end: message.slice(message.length - end.length) };
  }
}

const column = (changes: Partial<Spec['columns'][number]>): Spec['columns'][number] => ({
  name: 'c',
  destinationName: 'c',
  bigqueryType: 'STRING',
  form: 'quoted',
  cell: 'text',
  tag: null,
  mask: null,
  ...changes,
});
const specOfColumns = (...columns: Spec['columns']): Spec => ({
  ...specOf(),
  columns,
  primaryKey: [],
  nullToken: '\\NABCD',
});

describe('the line writer', () => {
  it.each(seedsOf(10))('writes random rows as the reference does, SEED=%s', (seed) => {
    const chance = chanceOf(seed);
    for (let round = 0; round < 100; round += 1) {
      const spec = randomSpec(chance);
      const rows = randomRows({ chance, spec, count: ROWS });
      const expected = linesOf(spec, rows, MASK_KEY);
      const { writer, chunks, text } = write(spec, rows);
      if (!text.equals(Buffer.from(expected.text))) expect(text.toString()).toBe(expected.text);
      expect(chunks.every((chunk) => chunk.at(-1) === 0x0a)).toBe(true);
      const verdict = verdictOf(spec, expected, rows.length);
      expect(outcomeOf(writer, verdict)).toEqual(verdict);
    }
  });

  it('writes on in a chunk that is given back, unless it was one of a long row', () => {
    const memory = new Set<ArrayBufferLike>();
    const texts: string[] = [];
    const flush = (chunk: Buffer) => {
      memory.add(chunk.buffer);
      texts.push(chunk.toString());
      return chunk.fill('?');
    };
    const writer = createLineWriter({ spec: specOfColumns(column({})), maskKey: null, flush });
    const values = Array.from({ length: 60 }, (_, index) => `${index % 10}`.repeat(index === 20 ? 3e6 : 1e5));
    for (const value of values) {
      const row = encodeRow([Buffer.from(value)]);
      writer.row(row, 0, row.length);
    }
    writer.end();
    expect(texts.join('')).toBe(values.map((value) => `"${value}"\n`).join(''));
    expect(texts.length).toBeGreaterThan(6);
    expect(memory.size).toBe(3);
  });

  it('hands over chunks of about a megabyte, and a long row by itself', () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => [Buffer.from(`${index}`.padStart(99, '-'))]);
    rows.splice(20_000, 0, [Buffer.alloc(3 * MB, '"')]);
    const lengths = write(specOfColumns(column({})), rows).chunks.map(({ length }) => length);
    expect(lengths.filter((length) => length > MB)).toEqual([6 * MB + 3]);
    expect(lengths[0]).toBeGreaterThan(MB - 1_000);
  });

  it('tells real dates, of every day there may be', () => {
    const spec = specOfColumns(
      column({ form: 'bare', cell: 'date', tag: { rule: 'invalid_date', action: 'nullify' } }),
    );
    const two = (value: number) => String(value).padStart(2, '0');
    const days = ['0000', '0001', '0004', '0100', '0400', '1900', '2000', '2023', '2024', '9999'].flatMap(
      (year) =>
        Array.from({ length: 13 * 32 }, (_, at) => `${year}-${two(Math.floor(at / 32))}-${two(at % 32)}`),
    );
    const { text } = write(
      spec,
      days.map((day) => [Buffer.from(day)]),
    );
    const isReal = (day: string) =>
      !/^0000|-00/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day);
    expect(text.toString()).toBe(days.map((day) => `${isReal(day) ? day : '\\NABCD'}\n`).join(''));
  });
});

describe('a row over 100 MB', () => {
  const most = 100 * MB;

  it('is one whose line is, or whose values are', () => {
    const spec = {
      ...specOfColumns(column({ name: 'id' }), column({ name: 'b', cell: 'base64' })),
      primaryKey: ['id'],
    };
    const longest = Buffer.alloc(most - 5, 'x');
    const { writer, text } = write(spec, [[longest, Buffer.from('')]]);
    expect(text.length).toBe(most + 1);
    expect(writer.outcome().rows).toBe(1);
    const tooLong = [Buffer.alloc(most - 4, 'x'), Buffer.from('')];
    const short = [Buffer.from('7'), null];
    const failing = write(spec, [short, tooLong]);
    expect(failing.text.subarray(0, 20).toString()).toBe('"7",\\NABCD\n');
    expect(() => failing.writer.outcome()).toThrow(
      expect.objectContaining({
        code: 'ROW_TOO_LONG',
        message: `rows longer than 100 MB: 1, the first found is id=${'x'.repeat(100)}`,
      }),
    );
  });

  it('counts values as Spark reads them, but for those that are hashed', () => {
    const tag = { rule: 'text_not_unicode', action: 'nullify' } as const;
    const bytes = [Buffer.alloc(80 * MB)];
    const dropped = column({ tag: { rule: 'not_json', action: 'nullify' } });
    expect(() => write(specOfColumns(dropped), [[Buffer.alloc(101 * MB, '!')]]).writer.outcome()).toThrow(
      /longer than/,
    );
    expect(() => write(specOfColumns(column({ cell: 'base64' })), [bytes]).writer.outcome()).toThrow(
      /longer than/,
    );
    expect(
      write(specOfColumns(column({ mask: 'hmac', tag })), [[Buffer.alloc(101 * MB)]]).writer.outcome().rows,
    ).toBe(1);
  });

  it('is counted with what else is found in it', () => {
    const spec = specOfColumns(
      column({ name: 'd', cell: 'date', tag: { rule: 'invalid_date', action: 'error' } }),
      column({}),
    );
    const { writer } = write(spec, [[Buffer.from('2024-02-31'), Buffer.alloc(101 * MB)]]);
    expect(() => writer.outcome()).toThrow(
      /^column d: 1 value breaks invalidDates: error, the first found in the row a table without/,
    );
  });
});

describe('what cannot be written', () => {
  it.each([
    ['a value that reaches over the row', Buffer.from([3, 0x61])],
    ['a value too few', Buffer.from([1, 0x61])],
    ['a value too many', Buffer.from([1, 0x61, 1, 0x61, 0xfb])],
    ['a length of 2^40 bytes', Buffer.from([1, 0x61, 0xfe, 0, 0, 0, 0, 0, 1, 0, 0])],
    ['a first length of 2^40 bytes', Buffer.from([0xfe, 0, 0, 0, 0, 0, 1, 0, 0])],
  ])('%s is no row of the SELECT', (_, packet) => {
    for (const cell of ['text', 'base64'] as const) {
      const writer = createLineWriter({
        spec: specOfColumns(column({ cell }), column({ form: 'bare' })),
        maskKey: null,
        flush: () => null,
      });
      expect(() => writer.row(packet, 0, packet.length)).toThrow(/does not hold 2 values to its end/);
    }
  });

  it('a mask without a key that is long enough', () => {
    const create = (maskKey: string | null) =>
      createLineWriter({ spec: specOfColumns(column({ mask: 'hmac' })), maskKey, flush: () => null });
    expect(() => create('curta')).toThrow(
      expect.objectContaining({
        code: 'SECRET_MISSING',
        message: 'the mask key has 5 bytes, at least 16 are needed',
      }),
    );
    expect(() => create(null)).toThrow(/0 bytes/);
  });
});
