import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

let sandbox: Sandbox;
const SETTLE_MS = 2_500;

/** Hard values, each with what BigQuery must hold. */
const DDL = `CREATE TABLE dura (id BIGINT UNSIGNED PRIMARY KEY, texto TEXT, dia DATE, momento DATETIME(6), dinheiro DECIMAL(38,20), f FLOAT, bin VARBINARY(8), doc JSON, hora TIME(3), b BIT(64))`;
const ROWS = `INSERT INTO dura VALUES
 (18446744073709551615, 'aspas " e\\nlinha, \\\\N e 🎓', '2024-02-29', '9999-12-31 23:59:59.999999', 0.00000000000000000001, 16777216.5, X'00FF0A', '{"a": "ç\\\\"x"}', '23:59:59.999', b'1'),
 (2, '', '0000-00-00', NULL, -1.5, 0.1, '', NULL, NULL, NULL),
 (3, NULL, '2024-02-31', '2024-01-01 00:00:00', 123456789012345678, -1e38, NULL, '[1, null]', '00:00:00', X'FFFFFFFFFFFFFFFF')`;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2' });
  await sandbox.admin.query(DDL);
  await sandbox.admin.query(ROWS);
  await sandbox.admin.query('CREATE TABLE vazia (id INT PRIMARY KEY)');
  await pause(SETTLE_MS);
  await sandbox.start(['worker']);
});

afterAll(async () => sandbox?.close());

const rows = (sql: string) => sandbox.adapters.query(sql.replaceAll('{ds}', sandbox.schema));
const byTable = (summary: { tables: { table: string }[] }) =>
  Object.fromEntries(summary.tables.map((table) => [table.table, table]));

describe('the pipeline, end to end', () => {
  it('loads what was never loaded, every value exactly, and records it', async () => {
    const summary = await sandbox.run();
    expect(summary).toMatchObject({ status: 'succeeded', loaded: 2, failed: 0, historyPending: 0 });
    expect(
      await rows(
        'SELECT CAST(id AS VARCHAR) AS id, texto, CAST(dia AS VARCHAR) AS dia, CAST(momento AS VARCHAR) AS momento, CAST(dinheiro AS VARCHAR) AS dinheiro, hex(bin) AS bin, CAST(doc AS VARCHAR) AS doc, CAST(b AS VARCHAR) AS b FROM `{ds}.dura` ORDER BY dura.id',
      ),
    ).toEqual([
      {
        id: '2.000000000',
        texto: '',
        dia: null,
        momento: null,
        dinheiro: '-1.50000000000000000000',
        bin: '',
        doc: null,
        b: null,
      },
      {
        id: '3.000000000',
        texto: null,
        dia: null,
        momento: '2024-01-01 00:00:00',
        dinheiro: '123456789012345678.00000000000000000000',
        bin: null,
        doc: '[1, null]',
        b: '18446744073709551615.000000000',
      },
      {
        id: '18446744073709551615.000000000',
        texto: 'aspas " e\nlinha, \\N e 🎓',
        dia: '2024-02-29',
        momento: '9999-12-31 23:59:59.999999',
        dinheiro: '0.00000000000000000001',
        bin: '00FF0A',
        doc: '{"a": "ç\\"x"}',
        b: '1.000000000',
      },
    ]);
    const history = await sandbox.adapters.history.recent({
      sourceId: sandbox.config.settings.SOURCE_ID,
      limit: 10,
    });
    expect(history.find(({ table_name }) => table_name === 'dura')).toMatchObject({
      status: 'loaded',
      reason: 'never_loaded',
      rows_source: 3,
      rows_staged: 3,
      rows_loaded: 3,
      consistency: 'snapshot',
      attempts: 1,
      policy_counts: { dia: { invalid_date_nullify: 2 } },
      signature: { updateTime: { state: 'known' } },
    });
  });

  it('skips what did not change, loads what did, and says why', async () => {
    await sandbox.admin.query("UPDATE dura SET texto = 'outro' WHERE id = 2");
    await pause(SETTLE_MS);
    const first = await sandbox.run();
    expect(byTable(first)).toMatchObject({
      dura: { status: 'loaded', reason: 'changed_update_time' },
      vazia: { status: 'skipped', reason: 'unchanged' },
    });
    const second = await sandbox.run();
    expect(second).toMatchObject({ status: 'succeeded', loaded: 0, skipped: 2 });
    const history = await sandbox.adapters.history.recent({
      sourceId: sandbox.config.settings.SOURCE_ID,
      runId: second.runId,
      limit: 10,
    });
    expect(history.map(({ status, reason }) => [status, reason])).toEqual([
      ['skipped', 'unchanged'],
      ['skipped', 'unchanged'],
    ]);
  });

  it('explains a failed load by MySQL itself, and a retry by hand loads it after the run has ended', async () => {
    await sandbox.admin.query('CREATE TABLE some (id INT PRIMARY KEY)');
    await pause(SETTLE_MS);
    await sandbox.queues.ingest.pause();
    const running = sandbox.run(['some']);
    // Verify has seen the table; it is gone when the load begins.
    const [job] = await until(async () => {
      const waiting = await sandbox.queues.ingest.getJobs(['waiting']);
      return waiting.length > 0 && waiting;
    });
    await sandbox.admin.query('RENAME TABLE some TO outra');
    await sandbox.queues.ingest.resume();
    const summary = await running;
    expect(summary).toMatchObject({
      status: 'failed',
      tables: [
        {
          table: 'some',
          status: 'failed',
          failure: { code: 'SOURCE_TABLE_GONE', message: expect.stringContaining('errno 1146') },
          attempts: 1,
        },
      ],
    });
    const run = await until(async () => {
      const found = await sandbox.queues.controller.getJob(summary.runId);
      return found?.failedReason ? found : null;
    });
    expect(run.failedReason).toMatch(/some: SOURCE_TABLE_GONE[\s\S]*npm run enqueue -- table=/);

    await sandbox.admin.query('RENAME TABLE outra TO some');
    const failed = await sandbox.queues.ingest.getJob(job?.id ?? '');
    await failed?.retry('failed');
    const row = await until(async () => {
      const found = await sandbox.adapters.history.recent({
        sourceId: sandbox.config.settings.SOURCE_ID,
        runId: summary.runId,
        limit: 5,
      });
      return found[0]?.status === 'loaded' && found[0];
    });
    expect(row).toMatchObject({ attempts: 2, status: 'loaded' });
    const { count } = await sandbox.queues.ingest.getJobLogs(job?.id ?? '');
    expect(count).toBeGreaterThan(3);
  });

  it('keeps no secret anywhere outside', async () => {
    const password = sandbox.config.settings.MYSQL_PASSWORD ?? '';
    const objects = await sandbox.adapters.bucket.list(`${sandbox.config.settings.SOURCE_ID}/`);
    const texts = await Promise.all(
      objects
        .filter(({ name }) => !name.endsWith('.jar'))
        .map(async ({ name }) => String((await sandbox.adapters.bucket.read(name))?.bytes)),
    );
    const output = await sandbox.adapters.bucket.list('google-cloud-dataproc-metainfo/');
    const outputs = await Promise.all(
      output.map(async ({ name }) => String((await sandbox.adapters.bucket.read(name))?.bytes)),
    );
    expect(password.length).toBeGreaterThan(20);
    expect(texts.length).toBeGreaterThan(10);
    expect([...texts, ...outputs].filter((text) => text.includes(password))).toEqual([]);
    const jobs = await sandbox.queues.ingest.getJobs(['completed', 'failed']);
    expect(JSON.stringify(jobs.map((job) => job.asJSON()))).not.toContain(password);
  });

  it('removes the data of what was published and keeps spec and manifest', async () => {
    const names = objectNames(sandbox.config.settings.SOURCE_ID);
    const objects = (await sandbox.adapters.bucket.list(names.stage('').replace(/\/$/, ''))).map(
      ({ name }) => name,
    );
    expect(objects.filter((name) => /\/part-/.test(name))).toEqual([]);
    expect(objects.some((name) => name.endsWith('manifest.json'))).toBe(true);
  });
});
