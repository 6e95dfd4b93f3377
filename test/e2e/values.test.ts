import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { hitsIn, placesOf, watchingProcesses } from '../support/canary.ts';
import { command } from '../support/commands.ts';
import { decideLoad } from '../support/decide-load.ts';
import { expectUnharmed, makeHostile } from '../support/hostile-server.ts';
import { besideSpark, differenceOf, readLines } from '../support/lines/both-readings.ts';
import { type KeptStages, keepStages } from '../support/lines/keep-stages.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { connectAsAdmin, ownStack } from '../support/stack-env.ts';
import { rulesOf, tableOf, type ValueColumn } from '../support/values/cells.ts';
import { type Arrived, differencesOf, readArrived } from '../support/values/destination.ts';
import { tagsOfEveryValue } from '../support/values/every-value.ts';
import { CANARY, EXCLUDED, HIDDEN, MASKED } from '../support/values/masked.ts';
import { charsetColumns } from '../support/values/texts.ts';
import { TORTURE } from '../support/values/torture.ts';
import { pause } from '../support/wait.ts';

let sandbox: Sandbox;
let takeBack: (() => Promise<void>) | undefined;
let summary: SummaryObject;
let columns: ValueColumn[];
let arrived: Arrived;
let commandLines: string;
let stages: KeptStages;

beforeAll(async () => {
  const ruled = [...TORTURE, ...MASKED, ...HIDDEN, ...EXCLUDED];
  sandbox = await openSandbox(
    { INGEST_CONCURRENCY: '2' },
    `source:\n  columns:\n${rulesOf(ruled)}\n    cpf: { mask: hmac }\n`,
  );
  const [sets] = await sandbox.admin.query(
    'SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS ORDER BY 1',
  );
  columns = [...TORTURE, ...charsetColumns((sets as { name: string }[]).map(({ name }) => name)), ...HIDDEN];
  for (const statement of tableOf('tortura', [...columns, ...MASKED, ...EXCLUDED]))
    await sandbox.admin.query(statement);
  await sandbox.admin.query('CREATE TABLE erros (id INT, cpf CHAR(11), hora TIME, PRIMARY KEY (id, cpf))');
  await sandbox.admin.query(
    "INSERT INTO erros VALUES (7, '22222222222', '-01:00:00'), (8, '33333333333', '25:00:00')",
  );
  await sandbox.admin.query(
    'CREATE TABLE sem_unicode (id INT PRIMARY KEY, boa VARCHAR(9) CHARACTER SET swe7, cpf VARCHAR(9) CHARACTER SET ucs2)',
  );
  await sandbox.admin.query("INSERT INTO sem_unicode VALUES (1, '!?', '!'), (2, NULL, X'0041D83D0042')");
  const writer = await connectAsAdmin({ database: sandbox.schema });
  takeBack = await makeHostile(sandbox.admin, writer, 'mysql');
  await pause(2_500);
  await sandbox.start(['worker']);
  stages = keepStages(ownStack().dataDir, sandbox);
  const watched = await watchingProcesses(() => sandbox.run()).finally(stages.stop);
  summary = watched.result;
  commandLines = watched.lines;
  arrived = await readArrived(sandbox, 'tortura');
});
afterAll(async () => {
  await takeBack?.();
  await sandbox?.close();
});

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('a table of every type at its extremes, through Spark', () => {
  it('is loaded', () => {
    expect(ended('tortura')).toMatchObject({ status: 'loaded', failure: null });
  });

  it('arrives exactly, cell by cell', () => {
    const { compared, differences } = differencesOf(columns, arrived);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  });

  it('is staged as the line writer would stage it, to the byte', async () => {
    const { spark, direct } = await besideSpark(sandbox, 'tortura', stages.objects);
    expect(differenceOf(direct.lines, spark.lines)).toBeNull();
    expect(direct.outcome).toEqual(spark.outcome);
    expect(spark.lines.length).toBeGreaterThan(10_000);
  });

  it('holds the HMAC of what was masked, as Node makes it', () => {
    const key = sandbox.env['MASK_KEY'] ?? '';
    for (const { name, cells } of MASKED) {
      const expected = cells.map(
        ([, value]) => value && createHmac('sha256', key).update(value).digest('hex'),
      );
      const empty = createHmac('sha256', key).update('').digest('hex');
      expect(cells.map((_, index) => arrived.rows.get(String(index + 1))?.[name])).toEqual(
        expected.map((hash) => hash || empty),
      );
    }
  });

  it('has what is generated, and nothing that is excluded', () => {
    expect(arrived.rows.get('3')).toMatchObject({ gv: '6', gs: 'n3' });
    expect(Object.keys(arrived.types)).not.toContain('m_fora');
    expect(arrived.types).toMatchObject({
      da_s: 'STRING',
      tm_n: 'INT64',
      tm_f: 'NUMERIC',
      d65_0: 'STRING',
      d65_e: 'BIGNUMERIC',
      m_null: 'DATE',
      m_hmac: 'STRING',
    });
  });

  it('counts in history what each policy did, and names what was masked', async () => {
    const [row] = await historyOf('tortura');
    expect(row?.['policy_counts']).toEqual({
      da: { invalid_date_nullify: 6 },
      da_s: { invalid_date_string: 6 },
      dt: { invalid_date_nullify: 6 },
      dt_s: { invalid_date_string: 6 },
      ts: { invalid_date_nullify: 1 },
      tm_s: { time_out_of_range_string: 4 },
      tm_n: { time_out_of_range_seconds: 3 },
      tm_f: { time_out_of_range_seconds: 3 },
      d65_0: { decimal_out_of_range_string: 3 },
    });
    expect(row?.['masked_columns']).toEqual({
      m_hmac: 'hmac',
      m_data: 'hmac',
      m_blob: 'hmac',
      m_json: 'hmac',
      m_trunc: 'truncate(3)',
      m_bytes: 'truncate(2)',
      m_null: 'nullify',
      m_nulo: 'nullify',
      m_fora: 'exclude',
    });
  });

  it('leaves key, password and hidden values nowhere: data of the stack, Redis, queues, history, log, summary, commands, command lines', async () => {
    const places = await placesOf(sandbox, ownStack().dataDir);
    places.set('log', sandbox.lines.join(''));
    places.set('summary, with its errors', JSON.stringify(summary));
    places.set('command lines', commandLines);
    const names = [...places.keys()];
    for (const kind of [
      /^gcs/,
      /^redis/,
      /local-\d+/,
      /^queue ingest/,
      /^history/,
      /^log/,
      /^adutora doctor/,
    ])
      expect(names.filter((name) => kind.test(name)).length).toBeGreaterThan(0);
    for (const place of ['log', 'queue ingest', 'history', 'command lines', 'adutora plan --json'])
      expect(places.get(place)?.length).toBeGreaterThan(100);
    const { MASK_KEY, MYSQL_PASSWORD } = sandbox.env;
    expect(hitsIn(places, [CANARY, MASK_KEY ?? '?', MYSQL_PASSWORD ?? '?'])).toEqual([]);
    // The same eyes find what is there: the name of the table.
    const seen = new Set(hitsIn(places, ['tortura']).map((hit) => hit.split(/[ /:]/)[0]));
    expect([...seen]).toEqual(
      expect.arrayContaining(['gcs', 'redis', 'queue', 'history', 'log', 'summary,', 'adutora', 'dataproc']),
    );
  });
});

describe('a server that gives every session hostile defaults', () => {
  it('is read whole, committed rows only, and in UTF-8', () => expectUnharmed(sandbox, summary, 'mysql'));
});

describe('a value that a policy calls an error', () => {
  it('fails the load before publishing, naming column, rule and primary key, and nothing that is masked', async () => {
    expect(ended('erros')).toMatchObject({
      status: 'failed',
      failure: {
        code: 'POLICY_VIOLATION',
        message: expect.stringMatching(
          /column hora: 2 values break timeOutOfRange: error.* id=7, cpf=\(masked\)/,
        ),
      },
    });
    await expectSameFailure('erros');
    expect(JSON.stringify(ended('erros'))).not.toMatch(/22222222222/);
    expect(
      await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'erros' }),
    ).toBeNull();
  });
});

describe('a text that has no Unicode', () => {
  it('is told apart in every character set, value by value', async () => {
    const { tagged, wrong } = await tagsOfEveryValue(sandbox.admin, 'mysql');
    expect(wrong).toEqual([]);
    expect(tagged).toMatchObject({ swe7: 129, geostd8: 41, cp1251: 1, ucs2: 2048 });
    expect(Object.keys(tagged)).not.toContain('utf8mb4');
  });

  it('fails the load, also where its column is masked, by column and primary key', async () => {
    expect(ended('sem_unicode')).toMatchObject({
      status: 'failed',
      failure: {
        code: 'TEXT_NOT_UNICODE',
        message: expect.stringMatching(/^column cpf: 1 value breaks Unicode, .* id=2$/),
      },
    });
    await expectSameFailure('sem_unicode');
  });
});

describe('npm run schema', () => {
  it('tells both schemas, the SELECT and what each policy would do, before anything is loaded', async () => {
    const { code, stdout } = await command(['schema', 'table=erros', '--json'], sandbox.env);
    expect(code).toBe(0);
    const shape = JSON.parse(stdout);
    expect(shape.columns[2]).toMatchObject({
      name: 'hora',
      mysql_type: 'time',
      bigquery_type: 'TIME',
      type_there: null,
      policies: [
        {
          policy: 'timeOutOfRange',
          chosen: 'error',
          types: { error: 'TIME', string: 'STRING', seconds: 'INT64' },
        },
      ],
    });
    expect(shape.select).toMatch(/^SELECT CAST\(`id` AS CHAR\) AS c0, .* FROM `t_\w+`\.`erros`$/);
  });

  it('as text, and refuses two tables', async () => {
    const { stdout } = await command(['schema', 'table=tortura'], sandbox.env);
    expect(stdout).toMatch(
      /da_s +date +da_s +DATE +STRING +invalidDates: nullify \(or error → DATE, string → STRING\)/,
    );
    const two = await command(['schema', 'table=erros', 'table=tortura'], sandbox.env);
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('One table at a time')]);
  });
});

/** The line writer ends the load of a table as Spark did, in its words. */
async function expectSameFailure(table: string): Promise<void> {
  const load = await decideLoad(sandbox, table);
  const { outcome } = await readLines(sandbox, { load, engine: 'direct' });
  const { code, message } = ended(table)?.failure ?? {};
  expect(outcome).toEqual({ code, message });
}

async function historyOf(table: string): Promise<Record<string, unknown>[]> {
  const { HISTORY_DATASET: dataset, HISTORY_TABLE: name } = sandbox.config.settings;
  const rows = await sandbox.adapters.query(
    `SELECT policy_counts, masked_columns FROM \`${dataset}.${name}\` WHERE table_name = '${table}'`,
  );
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, JSON.parse(String(value))])),
  );
}
