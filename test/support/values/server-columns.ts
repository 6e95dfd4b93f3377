import type { Connection } from 'mysql2/promise';
import type { ServerName } from '../servers.ts';
import { asIs, text, texts, type ValueColumn } from './cells.ts';
import { charsetColumns } from './texts.ts';
import { TORTURE } from './torture.ts';

/** Numbers as both servers keep them, whatever digits their own texts show. */
const vectorColumn = (fromText: string): ValueColumn => ({
  name: 've',
  ddl: 'VECTOR(3)',
  cells: [[`${fromText}('[1.1,16777216,-1e-30]')`, 'CDCC8C3F0000804B6042A28D']],
});

/**
 * What MariaDB does otherwise: JSON is text and stays as it was written, no SRID turns its axes,
 * and types of its own.
 */
const MARIADB: readonly ValueColumn[] = [
  { name: 'js', ddl: 'JSON', cells: texts('{"b":1,  "a":[1.0,1e400]}', 'null', '"ç\\u0000"') },
  { name: 'js_s', ddl: 'JSON', rule: '{ type: json }', cells: [[text('{"a":1}'), '{"a":1}']] },
  {
    name: 'ge_g',
    ddl: 'POINT',
    rule: '{ type: geography }',
    cells: [["ST_GeomFromText('POINT(-46.6 -23.5)', 4326)", 'POINT(-46.6 -23.5)']],
  },
  {
    name: 'ge',
    ddl: 'GEOMETRY',
    cells: [
      ["ST_GeomFromText('POINT(0.1 -1e-300)')", 'POINT(0.1 -1e-300)'],
      [
        "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')",
        'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))',
      ],
      [
        "ST_GeomFromText('POINT(0.30000000000000004 -46.633333333333333)', 4326)",
        'POINT(0.30000000000000004 -46.63333333333333)',
      ],
    ],
  },
  {
    name: 'uu',
    ddl: 'UUID',
    cells: asIs('123e4567-e89b-12d3-a456-426655440000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  },
  { name: 'i6', ddl: 'INET6', cells: asIs('2001:db8::ff00:42:8329', '::', '::ffff:192.0.2.128') },
  { name: 'i4', ddl: 'INET4', cells: asIs('0.0.0.0', '255.255.255.255') },
  { name: 'd38_38', ddl: 'DECIMAL(65,38)', cells: asIs(`${'9'.repeat(27)}.${'9'.repeat(38)}`) },
];

/** What each server has beyond what all have, or otherwise. */
const OWN: Readonly<Record<ServerName, readonly ValueColumn[]>> = {
  'mysql-8.0': [],
  'mysql-9.7': [vectorColumn('STRING_TO_VECTOR'), ...jsonOfMysql9()],
  'mariadb-10.11': MARIADB,
  'mariadb-11.8': [
    ...MARIADB,
    vectorColumn('VEC_FromText'),
    {
      name: 'ts_2106',
      ddl: 'TIMESTAMP(6) NULL',
      cells: [["'2106-02-07 06:28:15.999999'", '2106-02-07 06:28:15.999999']],
    },
  ],
};
/**
 * MySQL 9 reads a long number of JSON to the nearest double; 8.0 is one unit in the last place off.
 */
function jsonOfMysql9(): ValueColumn[] {
  const right = (text: string | null) =>
    text?.replace('1.2345678901234566e29', '1.2345678901234568e29') ?? null;
  return TORTURE.filter(({ name }) => name === 'js').map((column) => ({
    ...column,
    cells: column.cells.map(([literal, expected]) => [literal, right(expected)] as const),
  }));
}

/**
 * Every type of a server at its extremes: its own columns in the place of the common ones of their
 * names, and one of each character set.
 */
export async function columnsOf(name: ServerName, admin: Connection): Promise<ValueColumn[]> {
  const [sets] = await admin.query(
    'SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS ORDER BY 1',
  );
  const replaced = new Set(OWN[name].map((column) => column.name));
  return [
    ...TORTURE.filter((column) => !replaced.has(column.name)),
    ...OWN[name],
    ...charsetColumns((sets as { name: string }[]).map((set) => set.name)),
  ];
}
