import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowPackets } from '../../../src/adapters/mysql/row-packets.ts';
import {
  columns,
  cut,
  decodeRow,
  encodeRow,
  endPacket,
  errorPacket,
  FULL,
  packet,
  packets,
  type Value,
} from '../../support/mysql-packets.ts';

interface Heard {
  rows: Value[][];
  /** What ended the rows, whole. */
  end: Buffer | null;
  /** What lay behind the answer. */
  rest: Buffer | null;
}

/** Reads an answer of so many columns in these pieces. */
function read(pieces: readonly Buffer[], columnCount: number): Heard {
  const heard: Heard = { rows: [], end: null, rest: null };
  const before = columns(columnCount).length;
  let seen = 0;
  const walker = new RowPackets({
    row: (buffer, start, end) => heard.rows.push(decodeRow(buffer.subarray(start, end))),
    packet: (bytes) => {
      seen += 1;
      if (seen < before) return 'packet';
      if (seen === before) return 'row';
      heard.end = bytes;
      return 'nothing';
    },
  });
  for (const piece of pieces) {
    // A row may be looked at during the call only: here everything is overwritten afterwards.
    const lent = Buffer.from(piece);
    const rest = walker.take(lent);
    if (rest !== null) heard.rest = Buffer.concat([heard.rest ?? Buffer.alloc(0), rest]);
    lent.fill(0xee);
  }
  return heard;
}

const answerOf = (rows: readonly Buffer[], end = endPacket()) => {
  const [first] = rows;
  const count = first ? decodeRow(first).length : 1;
  return Buffer.concat(packets([...columns(count), ...rows, end]));
};

/** Values at whose lengths the encoding changes, and those that look like something else. */
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(0xfa, 0xfb, 0xfc, 0xff, 0x1_00, 0xff_ff, 0x1_00_00, 0x1_00_01)
    .map((size) => Buffer.alloc(size, 0xfe)),
  fc.constantFrom(0xfb, 0xfc, 0xfd, 0xfe, 0xff, 0x00).map((byte) => Buffer.from([byte])),
);
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 400 }));

describe('the packets of an answer', () => {
  it('give the rows that went in, in whatever pieces they come', () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat(), { maxLength: 40 }), (rows, places) => {
        const bytes = answerOf(rows.map(encodeRow));
        const heard = read(cut(bytes, places), rows[0]?.length ?? 1);
        expect(heard.rows).toEqual(rows);
        expect(heard.end?.subarray(4)).toEqual(endPacket());
        expect(heard.rest).toHaveLength(0);
      }),
      { numRuns: 60 },
    );
  });

  const small = [
    [Buffer.from('1'), null, Buffer.alloc(0xfb, 'x')],
    [null, null, null],
    [Buffer.alloc(0), Buffer.from([0xfe, 0, 0, 2, 0]), null],
    [Buffer.alloc(0x1_00, 0xff), Buffer.from('é'), Buffer.from([0xff])],
  ];

  it('may be cut at every byte, and at every two', () => {
    const bytes = answerOf(small.map(encodeRow));
    for (let first = 0; first <= bytes.length; first += 1) {
      expect(read(cut(bytes, [first]), 3).rows).toEqual(small);
      for (let second = first; second <= Math.min(first + 12, bytes.length); second += 1)
        expect(read(cut(bytes, [first, second]), 3).rows).toEqual(small);
    }
    expect(
      read(
        Array.from(bytes, (byte) => Buffer.from([byte])),
        3,
      ).rows,
    ).toEqual(small);
  });

  // With the three or eight bytes of its length a value of this size makes a payload around `FULL`.
  it.each([FULL - 5, FULL - 4, FULL - 3, FULL, FULL + 1, 2 * FULL - 9, 2 * FULL - 8, 2 * FULL + 100])(
    'may hold a value of %i bytes',
    (size) => {
      const giant = Buffer.alloc(size, 0xfe);
      giant.write('begin');
      giant.write('end', size - 3);
      const rows = [[Buffer.from('a')], [giant], [Buffer.from('b')]];
      const bytes = answerOf(rows.map(encodeRow));
      for (const places of [[], [70], [FULL, FULL + 1, FULL + 90], [bytes.length - 12], [2 * FULL + 60]]) {
        const heard = read(cut(bytes, places), 1);
        expect(heard.rows.map(([one]) => one?.length)).toEqual([1, size, 1]);
        expect(giant.equals(heard.rows[1]?.[0] ?? Buffer.alloc(0))).toBe(true);
        expect(heard.end?.subarray(4)).toEqual(endPacket());
      }
    },
  );

  it('that begin with 0xfe are rows where they are longer than an end', () => {
    // 0xfe and eight bytes is how a long value begins, though no server says a short one so.
    const long = Buffer.concat([Buffer.from([0xfe, 3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('abc')]);
    const bytes = Buffer.concat(packets([...columns(1), long, endPacket()]));
    for (const places of [[], [bytes.length - 15]])
      expect(read(cut(bytes, places), 1).rows).toEqual([[Buffer.from('abc')]]);
  });

  it('end with an error too, and what lies behind the end is given back', () => {
    const error = errorPacket(1317, '70100', 'Query execution was interrupted');
    const bytes = Buffer.concat([answerOf([encodeRow([Buffer.from('a')])], error), Buffer.from('more')]);
    for (let place = 0; place <= bytes.length; place += 1) {
      const heard = read(cut(bytes, [place]), 1);
      expect(heard.end?.subarray(4)).toEqual(error);
      expect(heard.rest?.toString()).toBe('more');
    }
  });

  it('are numbered past 255', () => {
    const rows = Array.from({ length: 600 }, (_, index) => [Buffer.from(String(index))]);
    expect(read([answerOf(rows.map(encodeRow))], 1).rows).toEqual(rows);
  });

  it('of an answer that is not over end in nothing', () => {
    const bytes = answerOf(small.map(encodeRow));
    for (let length = 0; length < bytes.length; length += 1) {
      const heard = read([bytes.subarray(0, length)], 3);
      expect(heard.end).toBeNull();
      expect(small.slice(0, heard.rows.length)).toEqual(heard.rows);
    }
  });

  const row = encodeRow([Buffer.from('a')]);
  it.each<[string, Buffer[], string]>([
    ['out of order', [packet(row, 9)], 'packet 9 where number 4'],
    ['twice', [packet(row, 4), packet(row, 4)], 'packet 4 where number 5'],
    ['without a byte', [packet(Buffer.alloc(0), 4), packet(row, 5)], 'an empty packet'],
    ['of 16 MB that is an error', [packet(Buffer.alloc(FULL, 0xff), 4)], 'no row'],
  ])('are refused where one comes %s', (_, wrong, said) => {
    const bytes = Buffer.concat([...packets(columns(1)), ...wrong]);
    for (const places of [[], [bytes.length - 1], [bytes.length - 3]])
      expect(() => read(cut(bytes, places), 1)).toThrow(said);
  });
});
