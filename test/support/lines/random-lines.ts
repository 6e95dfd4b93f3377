import type { Cell, Spec, TagRule } from '../../../src/pipeline/objects/spec.ts';
import { specOf } from '../samples.ts';
import type { Chance } from '../values/random.ts';
import type { Row } from './reference.ts';

export const MASK_KEY = 'chave-de-mascara-de-32-caracteres';
const TOKEN = '\\NABCD';
const ALPHABET = [
  'a',
  'Z',
  '7',
  '"',
  '""',
  "'",
  '\\',
  ',',
  '\n',
  '\r',
  '\0',
  '!',
  'ç',
  '表',
  '🎓',
  '\u{10FFFE}',
];
const RULES: Readonly<Record<Cell, readonly TagRule['rule'][]>> = {
  text: ['invalid_date', 'text_not_unicode', 'value_too_long', 'not_json'],
  date: ['invalid_date'],
  time: ['time_out_of_range'],
  decimal: ['decimal_out_of_range'],
  base64: ['value_too_long'],
};
const ACTIONS = ['nullify', 'string', 'seconds', 'error'] as const;

const upTo = (chance: Chance, count: number) => Math.floor(chance() * count);
const pick = <T>(chance: Chance, list: readonly T[]): T => list[upTo(chance, list.length)] as T;
const digits = (chance: Chance, count: number) =>
  Array.from({ length: count }, () => upTo(chance, 10)).join('');
const two = (value: number) => String(value).padStart(2, '0');

/** A spec of columns of chance; few of them fail the attempt, or most attempts would fail. */
export function randomSpec(chance: Chance): Spec {
  const columns = Array.from({ length: 1 + upTo(chance, 8) }, (_, index) =>
    randomColumn(chance, `c${index}`),
  );
  return {
    ...specOf(),
    columns,
    primaryKey: columns.filter(() => chance() < 0.3).map(({ name }) => name),
    hasFingerprint: chance() < 0.3,
    nullToken: TOKEN,
  };
}

function randomColumn(chance: Chance, name: string): Spec['columns'][number] {
  const cell = pick(chance, ['text', 'text', 'text', 'date', 'time', 'decimal', 'base64'] as const);
  const tag = {
    rule: pick(chance, RULES[cell]),
    action: ACTIONS[upTo(chance, chance() < 0.1 ? 4 : 3)] ?? 'nullify',
  };
  return {
    name,
    destinationName: name,
    bigqueryType: 'STRING',
    form: chance() < 0.5 ? 'quoted' : 'bare',
    cell,
    tag: chance() < 0.6 ? tag : null,
    mask: chance() < 0.1 ? 'hmac' : null,
  };
}

export const randomRows = ({ chance, spec, count }: { chance: Chance; spec: Spec; count: number }): Row[] =>
  Array.from({ length: count }, () => {
    const values = spec.columns.map(({ cell }) => (chance() < 0.15 ? null : VALUES[cell](chance)));
    const checksum = chance() < 0.995 ? Buffer.from(hex(chance, 30)) : null;
    return spec.hasFingerprint ? [...values, checksum] : values;
  });

const hex = (chance: Chance, count: number) =>
  Array.from({ length: count }, () => upTo(chance, 16).toString(16)).join('');

/** Mostly short, some of the lengths at which something else is done, and rarely very long. */
function lengthOf(chance: Chance): number {
  const kind = chance();
  if (kind < 0.8) return upTo(chance, 24);
  if (kind < 0.97) return pick(chance, [63, 64, 65, 250, 251, 255, 256, 257, 600]) + upTo(chance, 2);
  return pick(chance, [5_000, 49_152, 65_535, 65_536, 150_000]) + upTo(chance, 3);
}

function text(chance: Chance): string {
  const kind = chance();
  if (kind < 0.03) return TOKEN;
  if (kind < 0.06) return '!\u{10FFFE}';
  const length = lengthOf(chance);
  const dense = chance() < 0.5;
  const letters = Array.from({ length: Math.min(length, 700) }, () =>
    dense || chance() < 0.01 ? pick(chance, ALPHABET) : 'x',
  ).join('');
  return `${chance() < 0.1 ? '!' : ''}${letters}${'y'.repeat(Math.max(0, length - 700))}`;
}

const date = (chance: Chance) => {
  const year = pick(chance, [0, 1, 4, 100, 400, 1900, 2000, 2023, 2024, 9999, upTo(chance, 10_000)]);
  const day = chance() < 0.5 ? 27 + upTo(chance, 5) : upTo(chance, 32);
  return `${String(year).padStart(4, '0')}-${two(upTo(chance, 13))}-${two(day)}`;
};
const time = (chance: Chance) =>
  `${chance() < 0.2 ? '-' : ''}${two(chance() < 0.5 ? upTo(chance, 30) : upTo(chance, 839))}:${two(upTo(chance, 60))}:00`;

const VALUES: Readonly<Record<Cell, (chance: Chance) => Buffer>> = {
  text: (chance) => Buffer.from(text(chance)),
  date: (chance) => Buffer.from(`${date(chance)}${chance() < 0.5 ? ' 10:00:00.000001' : ''}`),
  time: (chance) => Buffer.from(`${time(chance)}${chance() < 0.5 ? '.5' : ''}`),
  decimal: (chance) =>
    Buffer.from(
      `${chance() < 0.5 ? '-' : ''}${1 + upTo(chance, 9)}${digits(chance, 35 + upTo(chance, 5))}${chance() < 0.5 ? `.${digits(chance, 9)}` : ''}`,
    ),
  base64: (chance) =>
    Buffer.alloc(lengthOf(chance), Buffer.from(Array.from({ length: 31 }, () => upTo(chance, 256)))),
};
