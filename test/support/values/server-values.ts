import type { ConnectionOptions } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { READER_USER } from '../../../local/mysql/mysql.ts';
import type { SummaryObject } from '../../../src/pipeline/objects/run.ts';
import { documentedGrants, grantsOf } from '../grants.ts';
import { expectUnharmed, makeHostile } from '../hostile-server.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../private-server.ts';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { FIRST_SEED } from '../seed.ts';
import { SERVERS, type ServerName } from '../servers.ts';
import { stackEnv } from '../stack-env.ts';
import { pause } from '../wait.ts';
import { asIs, rulesOf, tableOf, text, texts, type ValueColumn } from './cells.ts';
import { compareRandom } from './compare-random.ts';
import { type Arrived, differencesOf, readArrived } from './destination.ts';
import { tagsOfEveryValue } from './every-value.ts';
import { chanceOf, randomColumns, randomTable } from './random.ts';
import { charsetColumns } from './texts.ts';
import { TORTURE } from './torture.ts';

const ROWS = 500;

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

const SURROGATES = { ascii: 128, swe7: 129, ucs2: 2048, utf8mb3: 2048, utf8mb4: 2048 };

/**
 * Every type at its extremes, a random table, hostile defaults, and texts without Unicode, from one
 * server through Spark.
 */
export function describeValues(name: ServerName): void {
  const { name: flavour } = SERVERS[name];
  const chance = chanceOf(FIRST_SEED);
  const random = randomColumns(chance, 'acaso', flavour);
  let server: PrivateServer;
  let sandbox: Sandbox;
  let takeBack: (() => Promise<void>) | undefined;
  let summary: SummaryObject;
  let columns: ValueColumn[];
  let arrived: Arrived;
  const ended = (table: string) => summary.tables.find((found) => found.table === table);

  beforeAll(async () => {
    server = await startPrivateServer(name);
    const connect = (options?: ConnectionOptions) => connectTo(server, options);
    columns = await columnsOf(name, server);
    sandbox = await openSandbox(
      { INGEST_CONCURRENCY: '2', MYSQL_PORT: String(server.port) },
      rulesText(columns, random),
      connect,
    );
    for (const statement of [
      ...tableOf('tortura', columns),
      ...randomTable('acaso', random, { chance, rows: ROWS }),
      'CREATE TABLE sem_unicode (id INT PRIMARY KEY, t TEXT CHARACTER SET utf8mb4, u VARCHAR(9) CHARACTER SET ucs2)',
      `INSERT INTO sem_unicode VALUES (1, '!', '!'), (2, ${flavour === 'mariadb' ? "_utf8mb4 X'41EDA08042', NULL" : "NULL, X'0041D83D0042'"})`,
    ])
      await sandbox.admin.query(statement);
    takeBack = await makeHostile(sandbox.admin, await connect({ database: sandbox.schema }), flavour);
    await pause(2_500);
    await sandbox.start(['worker']);
    summary = await sandbox.run();
    arrived = await readArrived(sandbox, 'tortura');
  });
  afterAll(async () => {
    await takeBack?.();
    await sandbox?.close();
    await server?.stop();
  });

  it('a table of every type at its extremes arrives exactly, cell by cell', () => {
    expect(ended('tortura')).toMatchObject({ status: 'loaded', failure: null });
    const { compared, differences } = differencesOf(columns, arrived);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
    if (flavour === 'mariadb')
      expect(arrived.types).toMatchObject({ js: 'STRING', js_s: 'JSON', uu: 'STRING', d38_38: 'BIGNUMERIC' });
    if (columns.some(({ name: own }) => own === 've')) expect(arrived.types).toMatchObject({ ve: 'BYTES' });
  });

  it(`a random table of ${ROWS} rows, SEED=${FIRST_SEED}, arrives exactly`, async () => {
    expect(ended('acaso')).toMatchObject({ status: 'loaded', failure: null });
    const { differences } = await compareRandom(sandbox, 'acaso', {
      columns: random,
      connection: sandbox.admin,
    });
    expect(differences.slice(0, 10)).toEqual([]);
  });

  it('is read whole, committed rows only, and in UTF-8, whatever it gives to sessions', () =>
    expectUnharmed(sandbox, summary, flavour));

  it('was read by an account with the grants of docs/security.md, and no other', async () => {
    const password = stackEnv()['MYSQL_PASSWORD'] ?? '';
    const reader = await connectTo(server, { ...server.reader, password });
    expect(await grantsOf(reader).finally(() => reader.end())).toEqual(documentedGrants());
  });

  it('a text that has no Unicode is told apart in every character set, and fails the load', async () => {
    const { tagged, wrong } = await tagsOfEveryValue(sandbox.admin, flavour);
    expect(wrong).toEqual([]);
    expect(tagged).toMatchObject(
      flavour === 'mariadb' ? SURROGATES : { swe7: 129, geostd8: 41, cp1251: 1, ucs2: 2048 },
    );
    expect(ended('sem_unicode')).toMatchObject({
      status: 'failed',
      failure: {
        code: 'TEXT_NOT_UNICODE',
        message: expect.stringMatching(/column [tu]: 1 value breaks Unicode, .* id=2$/),
      },
    });
  });
}

/**
 * The server's own columns in the place of the common ones of their names, and one of each
 * character set.
 */
async function columnsOf(name: ServerName, server: PrivateServer): Promise<ValueColumn[]> {
  const admin = await connectTo(server);
  await admin.query(`ALTER USER '${READER_USER}'@'%' IDENTIFIED BY '${stackEnv()['MYSQL_PASSWORD']}'`);
  const [sets] = await admin.query(
    'SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS ORDER BY 1',
  );
  await admin.end();
  const replaced = new Set(OWN[name].map((column) => column.name));
  return [
    ...TORTURE.filter((column) => !replaced.has(column.name)),
    ...OWN[name],
    ...charsetColumns((sets as { name: string }[]).map((set) => set.name)),
  ];
}

function rulesText(
  columns: readonly ValueColumn[],
  random: readonly { name: string; rule: string | null }[],
): string {
  const rules = [
    rulesOf(columns),
    ...random.flatMap(({ name, rule }) => (rule ? [`    ${name}: ${rule}`] : [])),
  ];
  return `source:\n  columns:\n${rules.join('\n')}\n`;
}
