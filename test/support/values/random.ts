import { createHmac } from 'node:crypto';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import { bytes, text } from './cells.ts';

/** Numbers from 0 to below 1 that a seed fixes (mulberry32). */
export type Chance = () => number;
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A column of chance. What is expected is made of the server's raw text or bytes, by nothing of the
 * mapping.
 */
export interface RandomColumn {
  name: string;
  ddl: string;
  rule: string | null;
  literal(chance: Chance): string;
  /** SQL that gives the raw value: the plain column, or its bytes in hex. */
  raw: string;
  /** Canonical text of the destination from the raw text. */
  expected(raw: string, maskKey: string): string | null;
}

type Kind = Omit<RandomColumn, 'name' | 'raw'> & { raw(column: string): string };

const upTo = (chance: Chance, count: number) => Math.floor(chance() * count);
const pick = <T>(chance: Chance, list: readonly T[]): T => list[upTo(chance, list.length)] as T;
const digits = (chance: Chance, count: number) =>
  Array.from({ length: count }, () => upTo(chance, 10)).join('');
const two = (value: number) => String(value).padStart(2, '0');
const plain = (column: string) => column;
const hex = (column: string) => `HEX(${column})`;

const decimal = (raw: string) => {
  const [whole = '0', fraction = ''] = raw.replace('-', '').split('.');
  const cut = fraction.replace(/0+$/, '');
  const value = `${whole.replace(/^0+(?=\d)/, '')}${cut ? `.${cut}` : ''}`;
  return raw.startsWith('-') && value !== '0' ? `-${value}` : value;
};
const fraction = (raw: string) => (raw.includes('.') ? raw.replace(/\.?0+$/, '') : raw);

function integer(ddl: string, bits: number, isUnsigned: boolean): Kind {
  const range = 1n << BigInt(bits);
  const value = (chance: Chance) => {
    const edge = upTo(chance, 4);
    const found =
      edge === 0
        ? 0n
        : edge === 1
          ? range - 1n
          : BigInt(`0x${Array.from({ length: bits / 4 }, () => upTo(chance, 16).toString(16)).join('')}`);
    return String(isUnsigned ? found : found - range / 2n);
  };
  return { ddl, rule: null, literal: value, raw: plain, expected: decimal };
}

function decimals(precision: number, scale: number): Kind {
  return {
    ddl: `DECIMAL(${precision},${scale})`,
    rule: null,
    literal: (chance) =>
      `'${chance() < 0.5 ? '-' : ''}${digits(chance, upTo(chance, precision - scale) || 1)}${scale ? `.${digits(chance, scale)}` : ''}'`,
    raw: plain,
    // Beyond BIGNUMERIC the column is STRING and keeps the server's own text.
    expected: precision - scale > 38 ? (raw) => raw : decimal,
  };
}

const float = (ddl: string, raw: Kind['raw']): Kind => ({
  ddl,
  rule: null,
  literal: (chance) =>
    `${chance() < 0.5 ? '-' : ''}${1 + upTo(chance, 9)}.${digits(chance, 1 + upTo(chance, 16))}e${upTo(chance, 70) - 35}`,
  raw,
  expected: (found) => String(Number(found)),
});

const date = (chance: Chance) => {
  const year = String(
    upTo(chance, 3) === 0 ? pick(chance, [0, 1, 1582, 1900, 2000, 9999]) : 1 + upTo(chance, 9999),
  ).padStart(4, '0');
  return `${year}-${two(upTo(chance, 13))}-${two(upTo(chance, 32))}`;
};
const clock = (chance: Chance) =>
  `${two(upTo(chance, 24))}:${two(upTo(chance, 60))}:${two(upTo(chance, 60))}.${digits(chance, 6)}`;

function isReal(raw: string): boolean {
  const [year = 0, month = 0, day = 0] = raw.slice(0, 10).split('-').map(Number);
  if (year === 0 || month === 0 || day === 0) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

const dated = (ddl: string, literal: Kind['literal'], rule: string | null): Kind => ({
  ddl,
  rule,
  literal,
  raw: plain,
  expected: (raw) => (rule === null ? (isReal(raw) ? fraction(raw) : null) : raw),
});

const timed = (rule: string, expected: (raw: string) => string): Kind => ({
  ddl: 'TIME(6)',
  rule,
  literal: (chance) =>
    `'${chance() < 0.5 ? '-' : ''}${upTo(chance, 838)}:${two(upTo(chance, 60))}:${two(upTo(chance, 60))}.${digits(chance, 6)}'`,
  raw: plain,
  expected,
});

function seconds(raw: string): string {
  const [, sign = '', hours = '0', minutes = '0', rest = '0', micros = ''] =
    /^(-?)(\d+):(\d+):(\d+)\.?(\d*)$/.exec(raw) ?? [];
  const whole = Number(hours) * 3_600 + Number(minutes) * 60 + Number(rest);
  return decimal(`${sign}${whole}.${micros}`);
}

const ALPHABET = [
  'a',
  'Z',
  '0',
  ' ',
  '"',
  "'",
  '\\',
  ',',
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\t',
  '!',
  '\\N',
  'ç',
  'é',
  'ß',
];
const WIDE = [...ALPHABET, '表', 'ソ', '🎓', '\u{10FFFF}', '\uFEFF', '\u2028', '\u0301'];

function texts(
  ddl: string,
  {
    label,
    alphabet,
    rule = null,
    expected,
  }: {
    label: string;
    alphabet: readonly string[];
    rule?: string | null;
    expected?: (found: string, key: string) => string;
  },
): Kind {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  return {
    ddl,
    rule,
    literal: (chance) =>
      text(Array.from({ length: upTo(chance, 30) }, () => pick(chance, alphabet)).join('')),
    raw: hex,
    expected: (raw, key) => {
      const found = decoder.decode(Buffer.from(raw, 'hex'));
      return expected ? expected(found, key) : found;
    },
  };
}

const binary = (ddl: string, rule: string | null = null, expected = (raw: string) => raw): Kind => ({
  ddl,
  rule,
  literal: (chance) => bytes(Buffer.from(Array.from({ length: upTo(chance, 60) }, () => upTo(chance, 256)))),
  raw: hex,
  expected,
});

const hmacOf = (value: string, key: string) => createHmac('sha256', key).update(value).digest('hex');

function kinds(flavour: Flavour): Kind[] {
  const utf8 = (rule: string | null, expected?: (found: string, key: string) => string) =>
    texts('VARCHAR(60) CHARACTER SET utf8mb4', {
      label: 'utf-8',
      alphabet: WIDE,
      rule,
      ...(expected ? { expected } : {}),
    });
  return [
    integer('TINYINT', 8, false),
    integer('SMALLINT UNSIGNED', 16, true),
    integer('INT', 32, false),
    integer('BIGINT', 64, false),
    integer('BIGINT UNSIGNED', 64, true),
    integer('INT(10) UNSIGNED ZEROFILL', 32, true),
    decimals(10, 2),
    decimals(38, 9),
    decimals(65, 30),
    decimals(38, 0),
    decimals(65, 0),
    float('DOUBLE', plain),
    float('FLOAT', (column) => `${column}+0e0`),
    dated('DATE', (chance) => `'${date(chance)}'`, null),
    dated('DATE', (chance) => `'${date(chance)}'`, '{ invalidDates: string }'),
    dated('DATETIME(6)', (chance) => `'${date(chance)} ${clock(chance)}'`, null),
    dated(
      'TIMESTAMP(6) NULL',
      (chance) =>
        `'${1971 + upTo(chance, 66)}-${two(1 + upTo(chance, 12))}-${two(1 + upTo(chance, 28))} ${clock(chance)}'`,
      null,
    ),
    timed('{ timeOutOfRange: string }', (raw) => raw),
    timed('{ timeOutOfRange: seconds }', seconds),
    utf8(null),
    utf8('{ mask: hmac }', hmacOf),
    utf8('{ mask: truncate(4) }', (found) => [...found].slice(0, 4).join('')),
    texts('TEXT CHARACTER SET latin1', { label: 'windows-1252', alphabet: ALPHABET }),
    texts('TEXT CHARACTER SET utf16', { label: 'utf-16be', alphabet: WIDE }),
    texts('CHAR(60) CHARACTER SET sjis', {
      label: 'shift_jis',
      alphabet: ['a', '"', '表', 'ソ', 'ｱ', '\n', ' x'],
    }),
    texts('VARCHAR(60) CHARACTER SET gbk', { label: 'gbk', alphabet: ['a', '誠', '縗', '"', '乗'] }),
    binary('VARBINARY(60)'),
    binary('BINARY(60)'),
    binary('LONGBLOB'),
    binary('BLOB', '{ mask: truncate(5) }', (raw) => raw.slice(0, 10)),
    {
      ...integer('BIT(64)', 64, true),
      literal: (chance) => bytes(Buffer.from(Array.from({ length: 8 }, () => upTo(chance, 256)))),
      raw: hex,
      expected: (raw) => String(BigInt(`0x${raw || '0'}`)),
    },
    ...(flavour === 'mariadb'
      ? [
          {
            ddl: 'UUID',
            rule: null,
            literal: () => 'UUID()',
            raw: plain,
            expected: (raw: string) => raw,
          } satisfies Kind,
        ]
      : []),
  ];
}

/**
 * The columns of one random table; their names start with `prefix`, so that rules of several tables
 * do not meet.
 */
export function randomColumns(chance: Chance, prefix: string, flavour: Flavour): RandomColumn[] {
  const all = kinds(flavour);
  return Array.from({ length: 10 + upTo(chance, 20) }, (_, index) => {
    const kind = pick(chance, all);
    const name = `${prefix}_${index}`;
    return { ...kind, name, raw: kind.raw(`\`${name}\``) };
  });
}

/** CREATE and INSERT of a table of `rows` rows, a tenth of its values NULL. */
export function randomTable(
  table: string,
  columns: readonly RandomColumn[],
  { chance, rows }: { chance: Chance; rows: number },
): string[] {
  const list = columns.map(({ name, ddl }) => `\`${name}\` ${ddl}`).join(', ');
  const tuples = Array.from({ length: rows }, (_, row) => {
    const cells = columns.map(({ literal }) => (chance() < 0.1 ? 'NULL' : literal(chance)));
    return `(${[row + 1, ...cells].join(', ')})`;
  });
  return [
    `CREATE TABLE ${table} (id INT PRIMARY KEY, ${list})`,
    `INSERT INTO ${table} VALUES ${tuples.join(',\n')}`,
  ];
}
