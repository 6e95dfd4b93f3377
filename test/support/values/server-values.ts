import type { ConnectionOptions } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { READER_USER } from '../../../local/mysql/mysql.ts';
import type { SummaryObject } from '../../../src/pipeline/objects/run.ts';
import { documentedGrants, grantsOf } from '../grants.ts';
import { expectUnharmed, makeHostile } from '../hostile-server.ts';
import { besideSpark, differenceOf } from '../lines/both-readings.ts';
import { type KeptStages, keepStages } from '../lines/keep-stages.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../private-server.ts';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { FIRST_SEED } from '../seed.ts';
import { SERVERS, type ServerName } from '../servers.ts';
import { ownStack, stackEnv } from '../stack-env.ts';
import { pause } from '../wait.ts';
import { rulesOf, tableOf, type ValueColumn } from './cells.ts';
import { compareRandom } from './compare-random.ts';
import { type Arrived, differencesOf, readArrived } from './destination.ts';
import { tagsOfEveryValue } from './every-value.ts';
import { chanceOf, randomColumns, randomTable } from './random.ts';
import { columnsOf } from './server-columns.ts';

const ROWS = 500;

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
  let stages: KeptStages;
  const ended = (table: string) => summary.tables.find((found) => found.table === table);

  beforeAll(async () => {
    server = await startPrivateServer(name);
    const connect = (options?: ConnectionOptions) => connectTo(server, options);
    await givePassword(server);
    const admin = await connect();
    columns = await columnsOf(name, admin).finally(() => admin.end());
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
    stages = keepStages(ownStack().dataDir, sandbox);
    summary = await sandbox.run().finally(stages.stop);
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

  it.each(['tortura', 'acaso'])(
    '%s is staged as the line writer would stage it, to the byte',
    async (table) => {
      const { spark, direct } = await besideSpark(sandbox, table, stages.objects);
      expect(differenceOf(direct.lines, spark.lines)).toBeNull();
      expect(direct.outcome).toEqual(spark.outcome);
      expect(spark.lines.length).toBeGreaterThan(10_000);
    },
  );

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

/** The reader of a private server has the password that the settings of the stack name. */
export async function givePassword(server: PrivateServer): Promise<void> {
  const admin = await connectTo(server);
  await admin.query(`ALTER USER '${READER_USER}'@'%' IDENTIFIED BY '${stackEnv()['MYSQL_PASSWORD']}'`);
  await admin.end();
}

export function rulesText(
  columns: readonly ValueColumn[],
  random: readonly { name: string; rule: string | null }[],
): string {
  const rules = [
    rulesOf(columns),
    ...random.flatMap(({ name, rule }) => (rule ? [`    ${name}: ${rule}`] : [])),
  ];
  return `source:\n  columns:\n${rules.join('\n')}\n`;
}
