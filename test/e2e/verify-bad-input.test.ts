import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/adapters/bigquery/client.ts';
import { ensureDataset } from '../../src/adapters/bigquery/destination.ts';
import { startRoles } from '../../src/composition/roles.ts';
import { loadConfig } from '../../src/config/config.ts';
import { loadName, objectNames } from '../../src/pipeline/names/index.ts';
import { summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { createObject, readObject } from '../../src/pipeline/ports/json-objects.ts';
import { addRun } from '../../src/queues/queues.ts';
import { command } from '../support/commands.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { freshName } from '../support/stack-env.ts';
import { pause, until } from '../support/wait.ts';

/** Columns of the history table as the first version of Adutora made it. */
const OLD_COLUMNS = {
  STRING: ['source_id', 'run_id', 'schema_name', 'table_name', 'decision', 'reason', 'status'],
  INTEGER: ['rows_loaded'],
  TIMESTAMP: ['decided_at', 'published_at'],
};

let sandbox: Sandbox;
const plan = async (env: Record<string, string>) => {
  const { code, stdout, stderr } = await command(['plan', '--json'], env);
  const tables = code === 0 ? (JSON.parse(stdout) as { table: string; reason: string; note: string }[]) : [];
  return { code, stderr, tables: tables.map(({ table, reason }) => [table, reason]) };
};

beforeAll(async () => {
  sandbox = await openQuickSandbox();
  await sandbox.admin.query('CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1)');
  await makeOldHistory(sandbox);
  await pause(2_500);
});
afterAll(() => sandbox?.close());

function bigQuery({ config }: Pick<Sandbox, 'config'>) {
  const { GOOGLE_CLOUD_PROJECT, BIGQUERY_LOCATION, BIGQUERY_EMULATOR_HOST } = config.settings;
  const settings = {
    projectId: GOOGLE_CLOUD_PROJECT,
    location: BIGQUERY_LOCATION,
    emulatorHost: BIGQUERY_EMULATOR_HOST,
  };
  return { settings, client: createClient(settings) };
}

/** A history table without the newer columns, with a row of ours in it. */
async function makeOldHistory(one: Sandbox): Promise<void> {
  const { settings, client } = bigQuery(one);
  const { HISTORY_DATASET, HISTORY_TABLE, SOURCE_ID } = one.config.settings;
  await ensureDataset(client, settings, HISTORY_DATASET);
  const fields = Object.entries(OLD_COLUMNS).flatMap(([type, names]) =>
    names.map((name) => ({ name, type })),
  );
  const [table] = await client.dataset(HISTORY_DATASET).createTable(HISTORY_TABLE, { schema: { fields } });
  await client.query({
    query: `INSERT INTO \`${settings.projectId}.${HISTORY_DATASET}.${table.id}\` (source_id, run_id, schema_name, table_name, decision, reason, status, rows_loaded, decided_at, published_at)
      VALUES ('${SOURCE_ID}', 'old', '${one.schema}', 'a', 'load', 'never_loaded', 'loaded', 1, CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP())`,
    location: settings.location,
  });
}

describe('a history table without the newer columns', () => {
  it('is read as it is, tells of loads, and gets the columns with the first row', async () => {
    expect(await plan(sandbox.env)).toMatchObject({ code: 0, tables: [['a', 'never_loaded']] });
    const why = await command(['why', 'table=a'], sandbox.env);
    expect(`${why.stdout}${why.stderr}`).toContain(
      'Last decision: load, never_loaded, run old: loaded, 1 row',
    );
    expect(why.stdout).toContain('treated as never loaded');
    await sandbox.start(['worker']);
    expect(await sandbox.run()).toMatchObject({ status: 'succeeded', loaded: 1, historyPending: 0 });
    expect((await plan(sandbox.env)).tables).toEqual([['a', 'unchanged']]);
  });
});

describe('two installations', () => {
  it('on one bucket and one history table do not see each other; on one destination each says that it differs', async () => {
    const other = { ...sandbox.env, SOURCE_ID: freshName() };
    expect((await plan(other)).tables).toEqual([['a', 'stale']]);
    expect((await plan({ ...other, BIGQUERY_DATASET: `outra_${freshName()}` })).tables).toEqual([
      ['a', 'never_loaded'],
    ]);
    expect((await plan(sandbox.env)).tables).toEqual([['a', 'unchanged']]);
  });

  it('under one SOURCE_ID are refused where they read from different addresses', async () => {
    const config = loadConfig({ ...sandbox.env, MYSQL_PORT: '9' }, '/');
    await expect(startRoles(config, ['scheduler'], { log: pino({ level: 'silent' }) })).rejects.toMatchObject(
      {
        code: 'SOURCE_ID_TAKEN',
        message: expect.stringContaining(`${sandbox.config.settings.SOURCE_ID}/installation.json`),
      },
    );
  });
});

describe('a user of MySQL', () => {
  it('without a privilege on one of the schemas is told which, and nothing is decided', async () => {
    const user = freshName();
    const hidden = `h_${user}`;
    await sandbox.admin.query(`CREATE DATABASE ${hidden}; CREATE TABLE ${hidden}.b (id INT PRIMARY KEY);
      CREATE USER ${user} IDENTIFIED BY 'segredo'; GRANT SELECT ON \`${sandbox.schema}\`.* TO ${user}`);
    const env = { ...sandbox.env, MYSQL_USER: user, MYSQL_PASSWORD: 'segredo' };
    try {
      const { code, stderr } = await plan({ ...env, MYSQL_SCHEMAS: `${sandbox.schema},${hidden}` });
      expect([code, stderr]).toEqual([3, expect.stringContaining(`SOURCE_SCHEMA_MISSING`)]);
      expect(stderr).toContain(hidden);
      expect((await plan(env)).tables).toEqual([['a', 'unchanged']]);
      await sandbox.admin.query(`GRANT SHOW VIEW ON ${hidden}.* TO ${user}`);
      const doctor = await command(['doctor'], { ...env, MYSQL_SCHEMAS: hidden });
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(/mysql\.select .*1 of 1 table may not be read, such as .*b/);
    } finally {
      await sandbox.admin.query(`DROP DATABASE ${hidden}; DROP USER ${user}`);
    }
  });
});

describe('a tables.json that was altered by hand', () => {
  it('ends its run with what is wrong and where, and loads nothing', async () => {
    const { sourceId, runId } = { sourceId: sandbox.config.settings.SOURCE_ID, runId: '20260102T030000Z' };
    const names = objectNames(sourceId);
    const { bucket } = sandbox.adapters;
    const newest = (await bucket.folders(names.runs)).at(-1) ?? '';
    const copied = JSON.parse((await bucket.read(names.tables(newest)))?.bytes.toString() ?? '');
    const loadId = loadName(runId, { schema: sandbox.schema, table: 'other' });
    await createObject(bucket, names.tables(runId), {
      ...copied,
      runId,
      tables: [{ ...copied.tables[0], loadId }],
    });
    const requestedAt = new Date().toISOString();
    await addRun(sandbox.queues, {
      sourceId,
      runId,
      trigger: 'scheduled',
      tables: null,
      isForced: false,
      requestedAt,
    });
    const summary = await until(
      async () => (await readObject(bucket, names.summary(runId), summaryObjectSchema))?.value,
    );
    expect(summary).toMatchObject({ status: 'failed', tables: [], error: { code: 'OBJECT_INVALID' } });
    expect(summary.error?.message).toContain(`${names.tables(runId)}: tables.0.loadId: expected ${runId}-`);
    expect(await sandbox.queues.ingest.getJob(loadId)).toBeUndefined();
  });
});
