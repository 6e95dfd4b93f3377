import type { Cell, TagRule } from '../../pipeline/objects/index.ts';

/** Whether a value, in `source[from, to)`, is one that its column's rule is about. */
export type TagTest = (source: Uint8Array, from: number, to: number) => boolean;

const BANG = 0x21;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
/** Behind `!`, U+10FFFE: a text that its column cannot give. A text may well begin with `!`. */
const LOST = [BANG, 0xf4, 0x8f, 0xbf, 0xbe];
/** BIGNUMERIC holds 38 whole digits of every value. */
const MAX_WHOLE_DIGITS = 38;
const DATE_LENGTH = 10;

/** The server sends the plain value, and the reader makes the test that its rule names. */
export const isTested = (cell: Cell): boolean => cell === 'date' || cell === 'time' || cell === 'decimal';

/**
 * The test of a column's tag: on the plain column's bytes where the reader makes it, else for what
 * the server has put in front.
 */
export function tagTestOf(cell: Cell, tag: TagRule): TagTest {
  if (cell === 'date') return isNoDate;
  if (cell === 'time') return isOutOfDay;
  if (cell === 'decimal') return isBigDecimal;
  return tag.rule === 'text_not_unicode' ? isLost : isMarked;
}

const isMarked: TagTest = (source, from, to) => to > from && source[from] === BANG;
const isLost: TagTest = (source, from, to) =>
  to - from === LOST.length && LOST.every((byte, index) => source[from + index] === byte);

const digit = (source: Uint8Array, at: number) => (source[at] as number) - ZERO;

/** Zero, partial and impossible dates of `YYYY-MM-DD…`; a day may be beyond its month's last. */
export function isNoDate(source: Uint8Array, from: number, to: number): boolean {
  if (to - from < DATE_LENGTH) return true;
  const month = digit(source, from + 5) * 10 + digit(source, from + 6);
  const day = digit(source, from + 8) * 10 + digit(source, from + 9);
  if (month === 0 || day === 0) return true;
  const century = digit(source, from) * 10 + digit(source, from + 1);
  const year = digit(source, from + 2) * 10 + digit(source, from + 3);
  if (century === 0 && year === 0) return true;
  return day > 28 && day > lastDay(century * 100 + year, month);
}

function lastDay(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Outside 00:00:00–23:59:59.999999 of `[-]HH:MM:SS…`; hours may have a third digit. */
const isOutOfDay: TagTest = (source, from) => {
  // A sign, or a third digit, moves the colon.
  if (source[from + 2] !== COLON) return true;
  return digit(source, from) * 10 + digit(source, from + 1) > 23;
};

/** More whole digits than BIGNUMERIC holds of every value; MySQL writes no leading zeros. */
const isBigDecimal: TagTest = (source, from, to) => {
  if (to - from <= MAX_WHOLE_DIGITS) return false;
  const first = source[from] === MINUS ? from + 1 : from;
  let at = first;
  while (at < to && source[at] !== POINT) at += 1;
  return at - first > MAX_WHOLE_DIGITS;
};
