import { asIs, type ValueColumn } from './cells.ts';

const NINES = (count: number) => '9'.repeat(count);
export const NUMBERS: ValueColumn[] = [
  { name: 'ti', ddl: 'TINYINT', cells: asIs('-128', '127', '0') },
  { name: 'ti1', ddl: 'TINYINT(1)', cells: asIs('-128', '127', '1', '0') },
  { name: 'tiu', ddl: 'TINYINT UNSIGNED', cells: asIs('255', '0') },
  { name: 'si', ddl: 'SMALLINT', cells: asIs('-32768', '32767') },
  { name: 'siu', ddl: 'SMALLINT UNSIGNED', cells: asIs('65535') },
  { name: 'mi', ddl: 'MEDIUMINT', cells: asIs('-8388608', '8388607') },
  { name: 'miu', ddl: 'MEDIUMINT UNSIGNED', cells: asIs('16777215') },
  { name: 'i', ddl: 'INT', cells: asIs('-2147483648', '2147483647') },
  { name: 'iu', ddl: 'INT UNSIGNED', cells: asIs('4294967295') },
  { name: 'bi', ddl: 'BIGINT', cells: asIs('-9223372036854775808', '9223372036854775807') },
  { name: 'biu', ddl: 'BIGINT UNSIGNED', cells: asIs('18446744073709551615', '9223372036854775808') },
  {
    name: 'iz',
    ddl: 'INT(10) ZEROFILL',
    cells: [
      ['42', '42'],
      ['0', '0'],
      ['4294967295', '4294967295'],
    ],
  },
  {
    name: 'biz',
    ddl: 'BIGINT(20) ZEROFILL',
    cells: [
      ['1', '1'],
      ['18446744073709551615', '18446744073709551615'],
    ],
  },
  {
    name: 'b1',
    ddl: 'BIT(1)',
    cells: [
      ["b'1'", '1'],
      ["b'0'", '0'],
    ],
  },
  {
    name: 'b8',
    ddl: 'BIT(8)',
    cells: [
      ["b'11111111'", '255'],
      ["b'00001010'", '10'],
    ],
  },
  { name: 'b63', ddl: 'BIT(63)', cells: [["X'7FFFFFFFFFFFFFFF'", '9223372036854775807']] },
  {
    name: 'b64',
    ddl: 'BIT(64)',
    cells: [
      ["X'FFFFFFFFFFFFFFFF'", '18446744073709551615'],
      ["X'8000000000000000'", '9223372036854775808'],
    ],
  },
  {
    name: 'y',
    ddl: 'YEAR',
    cells: [
      ['1901', '1901'],
      ['2155', '2155'],
      ["'0000'", '0'],
    ],
  },
  {
    name: 'd10',
    ddl: 'DECIMAL(10,2)',
    cells: [
      ["'-99999999.99'", '-99999999.99'],
      ["'-0.00'", '0'],
      ["'0.10'", '0.1'],
    ],
  },
  {
    name: 'd38',
    ddl: 'DECIMAL(38,9)',
    cells: asIs(`${NINES(29)}.${NINES(9)}`, `-${NINES(29)}.${NINES(9)}`, '0.000000001'),
  },
  {
    name: 'd65',
    ddl: 'DECIMAL(65,30)',
    cells: asIs(`${NINES(35)}.${NINES(30)}`, `-${NINES(35)}.${NINES(30)}`, `0.${'0'.repeat(29)}1`),
  },
  {
    name: 'd65_0',
    ddl: 'DECIMAL(65,0)',
    cells: asIs(NINES(65), `-${NINES(65)}`, '7', `1${'0'.repeat(38)}`, NINES(38)),
  },
  {
    name: 'd65_e',
    ddl: 'DECIMAL(65,0)',
    rule: '{ bigDecimals: error }',
    cells: asIs(NINES(38), `-${NINES(38)}`, '0'),
  },
  {
    name: 'dz',
    ddl: 'DECIMAL(12,3) ZEROFILL',
    cells: [
      ['1.5', '1.5'],
      ['999999999.999', '999999999.999'],
    ],
  },
];

export const FLOATS: ValueColumn[] = [
  {
    name: 'f',
    ddl: 'FLOAT',
    cells: [
      ['0.1', String(Math.fround(0.1))],
      ['3.4028234663852886e38', '3.4028234663852886e+38'],
      ['-1.17549435e-38', String(Math.fround(-1.17549435e-38))],
      ['16777217', '16777216'],
      ['1.401298464324817e-45', '1.401298464324817e-45'],
      ['123456.789', String(Math.fround(123456.789))],
    ],
  },
  {
    name: 'db',
    ddl: 'DOUBLE',
    cells: [
      '0.1',
      '1.7976931348623157e308',
      '2.2250738585072014e-308',
      '-1.2345678901234567e-300',
      '0.3333333333333333',
      '1234567890123456.7',
      '-9007199254740993',
      '5e-324',
      '1.23456789e-15',
      '-1.2345678901234567e-6',
    ].map((value) => [value, String(Number(value))] as const),
  },
  {
    name: 'dbz',
    ddl: 'DOUBLE ZEROFILL',
    cells: [
      ['1.5', '1.5'],
      ['1.2345678901234567e100', '1.2345678901234567e+100'],
    ],
  },
  {
    name: 'db_m',
    ddl: 'DOUBLE(20,5)',
    cells: [
      ['123456789012.12345', String(Number('123456789012.12345'))],
      ['-0.00001', '-0.00001'],
    ],
  },
];
