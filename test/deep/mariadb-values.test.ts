import type { ConnectionOptions } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READER_USER } from '../../local/mysql/mysql.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { expectUnharmed, makeHostile } from '../support/hostile-server.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../support/private-server.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { FIRST_SEED } from '../support/seed.ts';
import { stackEnv } from '../support/stack-env.ts';
import { asIs, rulesOf, tableOf, text, texts, type ValueColumn } from '../support/values/cells.ts';
import { compareRandom } from '../support/values/compare-random.ts';
import { type Arrived, differencesOf, readArrived } from '../support/values/destination.ts';
import { tagsOfEveryValue } from '../support/values/every-value.ts';
import { chanceOf, randomColumns, randomTable } from '../support/values/random.ts';
import { charsetColumns } from '../support/values/texts.ts';
import { TORTURE } from '../support/values/torture.ts';
import { pause } from '../support/wait.ts';

const ROWS = 500;

/** What MariaDB does otherwise: JSON is text and stays as it was written, no SRID turns its axes, and types of its own. */
const OWN: readonly ValueColumn[] = [
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
const REPLACED = new Set(OWN.map(({ name }) => name));

const chance = chanceOf(FIRST_SEED);
const random = randomColumns(chance, 'acaso', 'mariadb');

let server: PrivateServer;
let sandbox: Sandbox;
let takeBack: (() => Promise<void>) | undefined;
let summary: SummaryObject;
let columns: ValueColumn[];
let arrived: Arrived;

beforeAll(async () => {
  server = await startPrivateServer('mariadb');
  const connect = (options?: ConnectionOptions) => connectTo(server, options);
  const admin = await connect();
  await admin.query(`ALTER USER '${READER_USER}'@'%' IDENTIFIED BY '${stackEnv()['MYSQL_PASSWORD']}'`);
  const [sets] = await admin.query(
    'SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS ORDER BY 1',
  );
  await admin.end();
  columns = [
    ...TORTURE.filter(({ name }) => !REPLACED.has(name)),
    ...OWN,
    ...charsetColumns((sets as { name: string }[]).map(({ name }) => name)),
  ];
  const rules = [
    rulesOf(columns),
    ...random.flatMap(({ name, rule }) => (rule ? [`    ${name}: ${rule}`] : [])),
  ];
  sandbox = await openSandbox(
    { INGEST_CONCURRENCY: '2', MYSQL_PORT: String(server.port) },
    `source:\n  columns:\n${rules.join('\n')}\n`,
    connect,
  );
  for (const statement of [
    ...tableOf('tortura', columns),
    ...randomTable('acaso', random, { chance, rows: ROWS }),
  ])
    await sandbox.admin.query(statement);
  await sandbox.admin.query('CREATE TABLE sem_unicode (id INT PRIMARY KEY, t TEXT CHARACTER SET utf8mb4)');
  await sandbox.admin.query("INSERT INTO sem_unicode VALUES (1, '!'), (2, _utf8mb4 X'41EDA08042')");
  takeBack = await makeHostile(sandbox.admin, await connect({ database: sandbox.schema }), 'mariadb');
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

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('MariaDB, through Spark', () => {
  it('a table of every type at its extremes arrives exactly, cell by cell', () => {
    expect(ended('tortura')).toMatchObject({ status: 'loaded', errorMessage: null });
    const { compared, differences } = differencesOf(columns, arrived);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
    expect(arrived.types).toMatchObject({ js: 'STRING', js_s: 'JSON', uu: 'STRING', d38_38: 'BIGNUMERIC' });
  });

  it(`a random table of ${ROWS} rows, SEED=${FIRST_SEED}, arrives exactly`, async () => {
    expect(ended('acaso')).toMatchObject({ status: 'loaded', errorMessage: null });
    const { differences } = await compareRandom(sandbox, 'acaso', {
      columns: random,
      connection: sandbox.admin,
    });
    expect(differences.slice(0, 10)).toEqual([]);
  });

  it('is read whole, committed rows only, and in UTF-8, whatever it gives to sessions', () =>
    expectUnharmed(sandbox, summary));

  it('a text that has no Unicode is told apart in every character set, and fails the load', async () => {
    const { tagged, wrong } = await tagsOfEveryValue(sandbox.admin, 'mariadb');
    expect(wrong).toEqual([]);
    expect(tagged).toMatchObject({ ascii: 128, swe7: 129, ucs2: 2048, utf8mb3: 2048, utf8mb4: 2048 });
    expect(ended('sem_unicode')).toMatchObject({
      status: 'failed',
      errorCode: 'TEXT_NOT_UNICODE',
      errorMessage: expect.stringMatching(/column t: 1 value breaks Unicode, .* id=2 /),
    });
  });
});
