import { asIs, NULL, text, type ValueColumn } from './cells.ts';
import { FLOATS, NUMBERS } from './numbers.ts';
import { TEXTS } from './texts.ts';

const INVALID = ['0000-00-00', '2024-00-10', '2024-01-00', '2024-02-31', '2023-02-29', '0000-01-01'];
const VALID = ['0001-01-01', '9999-12-31', '2024-02-29', '1969-12-31'];
const at = (dates: readonly string[], time: string) => dates.map((date) => `${date} ${time}`);

const TIMES: ValueColumn[] = [
  {
    name: 'da',
    ddl: 'DATE',
    cells: [...asIs(...VALID), ...INVALID.map((value) => [`'${value}'`, null] as const)],
  },
  { name: 'da_s', ddl: 'DATE', rule: '{ invalidDates: string }', cells: asIs(...VALID, ...INVALID) },
  {
    name: 'dt',
    ddl: 'DATETIME(6)',
    cells: [
      ...asIs(...at(VALID, '23:59:59.999999')),
      ...at(INVALID, '10:00:00.5').map((value) => [`'${value}'`, null] as const),
      ...asIs('2024-03-10 02:30:00.000001'),
    ],
  },
  {
    name: 'dt_s',
    ddl: 'DATETIME',
    rule: '{ invalidDates: string }',
    cells: asIs(...at(INVALID, '23:59:59')),
  },
  {
    name: 'dt_e',
    ddl: 'DATETIME(3)',
    rule: '{ invalidDates: error }',
    cells: asIs(...at(VALID, '00:00:00.123')),
  },
  {
    name: 'ts',
    ddl: 'TIMESTAMP(6) NULL',
    cells: [
      ...asIs('1970-01-01 00:00:01.000001', '2038-01-19 03:14:07.999999', '2018-11-04 00:30:00'),
      ["'0000-00-00 00:00:00'", null],
    ],
  },
  { name: 'tm', ddl: 'TIME(6)', cells: asIs('00:00:00', '23:59:59.999999', '12:00:00.5') },
  {
    name: 'tm_s',
    ddl: 'TIME(6)',
    rule: '{ timeOutOfRange: string }',
    cells: asIs(
      '838:59:59.000000',
      '-838:59:59.000000',
      '-00:00:00.500000',
      '24:00:00.000000',
      '10:00:00.000000',
    ),
  },
  {
    name: 'tm_n',
    ddl: 'TIME',
    rule: '{ timeOutOfRange: seconds }',
    cells: [
      ["'838:59:59'", '3020399'],
      ["'-838:59:59'", '-3020399'],
      ["'-00:00:01'", '-1'],
      ["'01:00:00'", '3600'],
    ],
  },
  {
    name: 'tm_f',
    ddl: 'TIME(6)',
    rule: '{ timeOutOfRange: seconds }',
    cells: [
      ["'838:59:58.999999'", '3020398.999999'],
      ["'-00:00:00.5'", '-0.5'],
      ["'-838:59:58.999999'", '-3020398.999999'],
      ["'00:00:00.000001'", '0.000001'],
    ],
  },
];

const HARD_JSON: [string, string][] = [
  [
    '{"n": 18446744073709551615, "m": -9223372036854775808}',
    '{"m": -9223372036854775808, "n": 18446744073709551615}',
  ],
  [
    '[1.0, 0.1, 1e300, 123456789012345678901234567890]', // What MySQL's own parser makes of it: one unit in the last place off.
    '[1.0, 0.1, 1e300, 1.2345678901234566e29]',
  ],
  ['"aspas \\" barra \\\\ \\u0000 \\n ç 🎓"', '"aspas \\" barra \\\\ \\u0000 \\n ç 🎓"'],
  ['null', 'null'],
  ['{"a": {"b": [null, true, false, {}]}, "": ""}', '{"": "", "a": {"b": [null, true, false, {}]}}'],
];

const OTHERS: ValueColumn[] = [
  {
    name: 'js',
    ddl: 'JSON',
    cells: HARD_JSON.map(([json, expected]) => [`CONVERT(${text(json)} USING utf8mb4)`, expected]),
  },
  { name: 'js_s', ddl: 'JSON', rule: '{ type: string }', cells: [['\'{"a":1}\'', '{"a": 1}']] },
  {
    name: 'tx_j',
    ddl: 'TEXT',
    rule: '{ type: json }',
    cells: [
      [text('{"a": "ç\\n"}'), '{"a": "ç\\n"}'],
      [text('[]'), '[]'],
    ],
  },
  { name: 'bo', ddl: 'TINYINT(1)', rule: '{ type: bool }', cells: [['1', 'true'], ['0', 'false'], NULL] },
  {
    name: 'bo_b',
    ddl: 'BIT(1)',
    rule: '{ type: bool }',
    cells: [
      ["b'1'", 'true'],
      ["b'0'", 'false'],
    ],
  },
  { name: 'in_s', ddl: 'BIGINT', rule: '{ type: string }', cells: asIs('-9223372036854775808', '0') },
  { name: 'do_z', ddl: 'DOUBLE ZEROFILL', rule: '{ type: string }', cells: asIs('1.5', '0.1') },
  { name: 'by_s', ddl: 'BLOB', rule: '{ type: string }', cells: [["X'00FF'", 'AP8=']] },
  {
    name: 'ge_g',
    ddl: 'POINT',
    rule: '{ type: geography }',
    cells: [["ST_GeomFromText('POINT(-23.5 -46.6)', 4326)", 'POINT(-46.6 -23.5)']],
  },
  { name: 'gv', ddl: 'INT GENERATED ALWAYS AS (id * 2) VIRTUAL', cells: [] },
  { name: 'gs', ddl: "VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', id)) STORED", cells: [] },
  { name: 'inv', ddl: 'INT DEFAULT 3 INVISIBLE', cells: [['5', '5']] },
];

const GEOMETRIES: [string, string][] = [
  ["ST_GeomFromText('POINT(0.1 -1e-300)')", 'POINT(0.1 -1e-300)'],
  [
    "ST_GeomFromText('POINT(0.30000000000000004 1.7976931348623157e308)')",
    'POINT(0.30000000000000004 1.7976931348623157e308)',
  ],
  ["ST_GeomFromText('LINESTRING(0 0,1 1,2 0)')", 'LINESTRING(0 0,1 1,2 0)'],
  [
    "ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))')",
    'POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))',
  ],
  ["ST_GeomFromText('MULTIPOINT((0 0),(1 1))')", 'MULTIPOINT((0 0),(1 1))'],
  ["ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')", 'MULTILINESTRING((0 0,1 1),(2 2,3 3))'],
  ["ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'],
  [
    "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')",
    'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))',
  ],
  ["ST_GeomFromText('POINT(-23.55 -46.633333333333333)', 4326)", 'POINT(-46.63333333333333 -23.55)'],
  ["ST_GeomFromText('POINT(1 2)', 3857)", 'POINT(1 2)'],
];
const SHAPES: ValueColumn[] = [{ name: 'ge', ddl: 'GEOMETRY', cells: GEOMETRIES }];

/** Every type of MySQL 8 at its extremes. */
export const TORTURE: readonly ValueColumn[] = [
  ...NUMBERS,
  ...FLOATS,
  ...TIMES,
  ...TEXTS,
  ...OTHERS,
  ...SHAPES,
];
