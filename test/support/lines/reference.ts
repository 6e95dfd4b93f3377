import { createHmac } from 'node:crypto';
import type { Spec } from '../../../src/pipeline/objects/spec.ts';

/** Of a row: what the SELECT gives for each column, then the checksum where there is one. */
export type Row = readonly (Buffer | null)[];
type SpecColumn = Spec['columns'][number];

const LOST = '!\u{10FFFE}';

/**
 * The lines of rows, and what is found in them, by strings: `spark/adutora_line.py` again, as
 * simply as it can be said.
 */
export function linesOf(spec: Spec, rows: readonly Row[], maskKey: string): Reference {
  const texts = rows.map((row) => spec.columns.map((column, index) => sparkText(column, row[index] ?? null)));
  const lines = texts.map((row) =>
    spec.columns.map((column, index) => cell(column, row[index] ?? null, { spec, maskKey })).join(','),
  );
  const tagged = spec.columns.map((column, index) =>
    texts.filter((row) => isTagged(column, row[index] ?? null)),
  );
  const collisions = texts.flatMap((row) =>
    spec.columns.filter(
      ({ form, mask }, index) => form === 'quoted' && mask === null && row[index] === spec.nullToken,
    ),
  );
  const keys = tagged.map(([first]) => first && keyOf(spec, first));
  const counts = spec.columns.flatMap(({ name, tag }, index) =>
    tag && tagged[index]?.length ? [[name, { [`${tag.rule}_${tag.action}`]: tagged[index].length }]] : [],
  );
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    tagged: tagged.map(({ length }) => length),
    keys,
    collisions: collisions.length,
    policyCounts: Object.fromEntries(counts),
    fingerprint: fingerprintOf(spec, rows),
  };
}

export interface Reference {
  text: string;
  /** By column: how many values its rule is about, and the first row with one. */
  tagged: number[];
  keys: (string | undefined)[];
  collisions: number;
  policyCounts: Record<string, Record<string, number>>;
  fingerprint: string | null;
}

/** What the casting SELECT gives Spark in the place of such a cell. */
function sparkText({ cell, tag }: SpecColumn, value: Buffer | null): string | null {
  if (value === null) return null;
  if (cell === 'base64') return value.toString('base64');
  const text = value.toString('utf8');
  const isOdd = { text: () => false, date: isNoDate, time: isNoTime, decimal: isTooBig }[cell];
  return tag && isOdd(text) ? `!${text}` : text;
}

function isNoDate(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? [];
  if (Number(year) === 0) return true;
  // A year that Date takes for itself, with the same leap days.
  const date = new Date(Date.UTC((Number(year) % 400) + 2000, Number(month) - 1, Number(day)));
  return date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day);
}
const isNoTime = (text: string) => !/^([01]\d|2[0-3]):/.test(text);
const isTooBig = (text: string) => BigInt(text.replace('-', '').replace(/\..*/, '')) >= 10n ** 38n;

function isTagged({ tag, cell }: SpecColumn, text: string | null): boolean {
  if (text === null || tag === null || cell === 'base64') return false;
  return tag.rule === 'text_not_unicode' && cell === 'text' ? text === LOST : text.startsWith('!');
}

function cell(
  column: SpecColumn,
  text: string | null,
  { spec, maskKey }: { spec: Spec; maskKey: string },
): string {
  const { tag, mask, form } = column;
  let value = text;
  if (isTagged(column, text))
    value = tag?.action === 'string' || tag?.action === 'seconds' ? (text?.slice(1) ?? null) : null;
  if (value === null) return spec.nullToken;
  if (mask === 'hmac') value = createHmac('sha256', maskKey).update(value).digest('hex');
  return form === 'quoted' ? `"${value.replaceAll('"', '""')}"` : value;
}

function keyOf({ columns, primaryKey }: Spec, row: readonly (string | null)[]): string {
  const parts = primaryKey.map((name) => {
    const index = columns.findIndex((column) => column.name === name && column.mask === null);
    const text = row[index];
    return `${name}=${index < 0 ? '(masked)' : text ? [...text].slice(0, 100).join('') : (text ?? 'NULL')}`;
  });
  return parts.length === 0 ? 'a table without a primary key' : parts.join(', ');
}

function fingerprintOf({ columns, hasFingerprint }: Spec, rows: readonly Row[]): string | null {
  const sums = rows.map((row) => row[columns.length]?.toString());
  if (!hasFingerprint || sums.some((sum) => sum === undefined)) return null;
  const half = (from: number) =>
    sums.reduce((total, sum) => total + BigInt(`0x${sum?.slice(from, from + 15)}`), 0n);
  return `${rows.length}:${half(0)}:${half(15)}`;
}
