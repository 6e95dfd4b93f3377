import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnRule } from '../../../../src/pipeline/mapping/column-rules.ts';
import {
  checkColumnNames,
  destinationColumnName,
} from '../../../../src/pipeline/mapping/destination-name.ts';
import { mapColumn } from '../../../../src/pipeline/mapping/map-column.ts';
import type { ColumnPolicies } from '../../../../src/pipeline/mapping/policies.ts';
import type { SourceColumn } from '../../../../src/pipeline/objects/load.ts';
import type { Flavour } from '../../../../src/pipeline/objects/run.ts';
import { sourceColumn } from '../../../support/samples.ts';

function map(
  columnType: string,
  changes: Partial<SourceColumn> = {},
  policies: Partial<ColumnPolicies> = {},
) {
  const dataType = /^\w+/.exec(columnType)?.[0] ?? '';
  const numbers = /\((\d+)(?:,(\d+))?\)/.exec(columnType);
  const column = sourceColumn({
    dataType,
    columnType,
    precision: numbers?.[1] ? Number(numbers[1]) : null,
    scale: numbers?.[2] ? Number(numbers[2]) : null,
    ...changes,
  });
  return mapColumn({ column, rule: {}, policies, flavour: 'mysql' });
}

describe('mapColumn', () => {
  it.each([
    ['tinyint(1)', 'INT64', 'bare'],
    ['smallint', 'INT64', 'bare'],
    ['mediumint unsigned', 'INT64', 'bare'],
    ['int unsigned zerofill', 'INT64', 'bare'],
    ['bigint', 'INT64', 'bare'],
    ['bigint unsigned', 'NUMERIC', 'bare'],
    ['year', 'INT64', 'bare'],
    ['bit(1)', 'INT64', 'bare'],
    ['bit(63)', 'INT64', 'bare'],
    ['bit(64)', 'NUMERIC', 'bare'],
    ['decimal(38,9)', 'NUMERIC', 'bare'],
    ['decimal(10,2)', 'NUMERIC', 'bare'],
    ['decimal(30,0)', 'BIGNUMERIC', 'bare'],
    ['decimal(20,10)', 'BIGNUMERIC', 'bare'],
    ['decimal(38,30)', 'BIGNUMERIC', 'bare'],
    ['decimal(65,30)', 'BIGNUMERIC', 'bare'],
    ['decimal(65,0)', 'STRING', 'quoted'],
    ['float', 'FLOAT64', 'bare'],
    ['double', 'FLOAT64', 'bare'],
    ['date', 'DATE', 'bare'],
    ['datetime(6)', 'DATETIME', 'bare'],
    ['timestamp', 'TIMESTAMP', 'bare'],
    ['time(3)', 'TIME', 'bare'],
    ['char(3)', 'STRING', 'quoted'],
    ["enum('a','b')", 'STRING', 'quoted'],
    ["set('a')", 'STRING', 'quoted'],
    ['longtext', 'STRING', 'quoted'],
    ['varbinary(9)', 'BYTES', 'quoted'],
    ['blob', 'BYTES', 'quoted'],
    ['json', 'JSON', 'quoted'],
    ['point', 'STRING', 'quoted'],
    ['geomcollection', 'STRING', 'quoted'],
  ])('turns %s into %s, %s', (columnType, bigqueryType, form) => {
    expect(map(columnType)).toMatchObject({ bigqueryType, form });
  });

  it.each<[string, Partial<ColumnPolicies>, object]>([
    ['date', {}, { bigqueryType: 'DATE', tag: { rule: 'invalid_date', action: 'nullify' } }],
    [
      'datetime',
      { invalidDates: 'error' },
      { bigqueryType: 'DATETIME', tag: { rule: 'invalid_date', action: 'error' } },
    ],
    [
      'timestamp',
      { invalidDates: 'string' },
      { bigqueryType: 'STRING', form: 'quoted', tag: { rule: 'invalid_date', action: 'string' } },
    ],
    ['time', {}, { tag: { rule: 'time_out_of_range', action: 'error' } }],
    ['time', { timeOutOfRange: 'string' }, { bigqueryType: 'STRING', tag: { action: 'string' } }],
    ['time', { timeOutOfRange: 'seconds' }, { bigqueryType: 'INT64', tag: { action: 'seconds' } }],
    [
      'decimal(65,0)',
      { bigDecimals: 'error' },
      { bigqueryType: 'BIGNUMERIC', tag: { rule: 'decimal_out_of_range', action: 'error' } },
    ],
  ])('follows the policy for %s with %j', (columnType, policies, expected) => {
    expect(map(columnType, {}, policies)).toMatchObject(expected);
  });

  it('gives seconds with fractions as NUMERIC', () => {
    expect(map('time(6)', { dateTimePrecision: 6 }, { timeOutOfRange: 'seconds' }).bigqueryType).toBe(
      'NUMERIC',
    );
  });

  it('takes text of the binary character set for bytes', () => {
    expect(map('char(3)', { characterSet: 'binary' }).bigqueryType).toBe('BYTES');
  });

  it('prints FLOAT and DOUBLE by different casts, each exact', () => {
    expect(map('float').expression).toBe('CAST(CAST(`c` AS DOUBLE) AS JSON)');
    expect(map('double').expression).toBe('CAST(`c` AS CHAR)');
  });

  it('refuses a type it does not know, by name', () => {
    expect(() => map('quaternion(3)')).toThrow(/^Column c has type quaternion\(3\)/);
  });

  it('a vector is the bytes that the server holds: its own text loses digits', () => {
    const { bigqueryType, expression } = map('vector(3)');
    expect(bigqueryType).toBe('BYTES');
    expect(expression).toBe("COALESCE(REPLACE(TO_BASE64(`c`), '\n', ''), IF(`c` IS NULL, NULL, '!'))");
  });

  it('refers to any column name through backticks', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        expect(map('int', { name }).expression).toBe(`CAST(\`${name.replaceAll('`', '``')}\` AS CHAR)`);
      }),
    );
  });
});

describe('what is read without a cast', () => {
  const plainOf = (columnType: string, { rule = {}, ...changes }: Plainly = {}) => {
    const column = sourceColumn({ dataType: /^\w+/.exec(columnType)?.[0] ?? '', columnType, ...changes });
    return mapColumn({ column, rule, policies: {}, flavour: changes.flavour ?? 'mysql' }).plain;
  };
  type Plainly = Partial<SourceColumn> & { rule?: ColumnRule; flavour?: Flavour };
  const latin1 = { characterSet: 'latin1' };
  const plain = (cell: string, expression = '`c`') => ({ expression, cell });

  it.each<[string, Plainly, object]>([
    ['bigint unsigned', {}, plain('text')],
    ['decimal(10,2)', {}, plain('text')],
    ['decimal(65,0)', { precision: 65, scale: 0 }, plain('decimal')],
    ['double', { flavour: 'mariadb' }, plain('text')],
    ['datetime(6)', {}, plain('date')],
    ['datetime(6)', { rule: { type: 'string' } }, plain('text')],
    ['date', { rule: { mask: { kind: 'hmac' } } }, plain('text')],
    ['time', {}, plain('time')],
    ['time', { rule: { timeOutOfRange: 'string' } }, plain('time')],
    ['enum', latin1, plain('text')],
    [
      'varchar(9)',
      { ...latin1, rule: { mask: { kind: 'truncate', length: 3 } } },
      plain('text', 'LEFT(`c`, 3)'),
    ],
    ['json', {}, plain('text')],
    ['blob', {}, plain('base64')],
    ['vector(3)', {}, plain('base64')],
    ['char(3)', { characterSet: 'binary' }, plain('base64')],
    ['blob', { rule: { mask: { kind: 'hmac' } } }, plain('base64')],
    ['blob', { rule: { mask: { kind: 'truncate', length: 3 } } }, plain('base64', 'LEFT(`c`, 3)')],
    ['uuid', { flavour: 'mariadb' }, plain('text')],
  ])('%s with %j', (columnType, changes, expected) => {
    expect(plainOf(columnType, changes)).toEqual(expected);
  });

  it.each<[string, Plainly]>([
    ['int(10) unsigned zerofill', {}],
    ['decimal(9,2) unsigned zerofill', {}],
    ['double unsigned zerofill', {}],
    ['float', {}],
    ['double', {}],
    ['bit(8)', {}],
    ['year', {}],
    ['time', { rule: { timeOutOfRange: 'seconds' } }],
    ['tinyint(1)', { rule: { type: 'bool' } }],
    ['text', { ...latin1, rule: { type: 'json' } }],
    ['date', { rule: { mask: { kind: 'nullify' } } }],
    ['text', { characterSet: 'latin2' }],
    ['text', { characterSet: 'utf8mb4', flavour: 'mariadb' }],
    ['point', {}],
    ['point', { rule: { type: 'geography' } }],
  ])('nothing of %s with %j: only the server can', (columnType, changes) => {
    expect(plainOf(columnType, changes)).toBeNull();
  });
});

describe('destination column names', () => {
  it.each([
    ['id', 'id'],
    ['nota final', 'nota_final'],
    ['ação', 'acao'],
    ['2024', '_2024'],
    ['_PARTITIONTIME', 'c_PARTITIONTIME'],
  ])('%s becomes %s', (name, expected) => {
    expect(destinationColumnName(name)).toBe(expected);
  });

  it('refuses two columns that differ only in case or in what was replaced', () => {
    expect(() =>
      checkColumnNames([
        { name: 'a b', destinationName: 'a_b' },
        { name: 'A-B', destinationName: 'A_B' },
      ]),
    ).toThrow(/Columns a b and A-B/);
  });
});
