import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryRow } from '../../src/pipeline/objects/history-row.ts';
import { command } from '../support/commands.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

/** More than the one page that InnoDB gives a small table, less than the large one below. */
const LIMIT = String(256 * 1024);
const NUMBERS =
  '(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 900) SELECT n FROM numbers) seq';
const ROWS = `SELECT n, REPEAT(CHAR(97 + n % 26), 1000), NULLIF(n % 3, 0), '2024-01-31 10:00:00.5' FROM ${NUMBERS}`;

let sandbox: Sandbox;
const workers: OwnProcess[] = [];

beforeAll(async () => {
  sandbox = await openQuickSandbox({ changes: { INGEST_ENGINE: 'auto', DIRECT_MAX_BYTES: LIMIT } });
  for (const table of ['pequena', 'grande'])
    await sandbox.admin.query(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, corpo VARCHAR(1000), parte TINYINT, em DATETIME(1))`,
    );
  await sandbox.admin.query(`INSERT INTO grande ${ROWS}`);
  await sandbox.admin.query(`INSERT INTO pequena ${ROWS} WHERE n <= 5`);
  await sandbox.admin.query('ANALYZE TABLE pequena, grande');
  await pause(2_500);
});
afterAll(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await sandbox?.close();
});

const json = async (...args: string[]) =>
  JSON.parse((await command([...args, '--json'], sandbox.env)).stdout);
const historyOf = async (table: string): Promise<HistoryRow[]> => json('history', `table=${table}`);

/** What is in both places, as text; the whole of it. */
async function contents(table: string): Promise<{ mysql: unknown; bigquery: unknown }> {
  const columns = "id, corpo, parte, DATE_FORMAT(em, '%Y-%m-%d %H:%i:%s.%f') AS em";
  const [mysql] = await sandbox.admin.query(`SELECT ${columns} FROM ${table} ORDER BY id`);
  const there = `id, corpo, parte, strftime(em, '%Y-%m-%d %H:%M:%S.%f') AS em`;
  const bigquery = await sandbox.adapters.query(
    `SELECT ${there} FROM \`${sandbox.schema}.${table}\` ORDER BY id`,
  );
  return { mysql: JSON.parse(JSON.stringify(mysql)), bigquery };
}

describe('the engine auto', () => {
  it('is told by plan and why before anything is read', async () => {
    const planned: { table: string; engine: string; engine_reason: string }[] = await json('plan');
    const told = planned.map(({ table, engine, engine_reason }) => [table, engine, engine_reason]).sort();
    expect(told).toEqual([
      ['grande', 'dataproc', 'large'],
      ['pequena', 'direct', 'small'],
    ]);
    const { stdout } = await command(['why', 'table=pequena'], sandbox.env);
    expect(stdout).toMatch(/^Engine: direct, small\. .* not more than DIRECT_MAX_BYTES\.$/m);
  });

  it('reads a small table in the worker and a large one on the cluster, and history says so', async () => {
    const worker = await sandbox.start(['worker']);
    expect(await sandbox.run()).toMatchObject({ status: 'succeeded', loaded: 2 });
    await worker.stop();
    const [small, large] = await Promise.all([historyOf('pequena'), historyOf('grande')]);
    expect(small).toMatchObject([
      {
        ...{ status: 'loaded', engine: 'direct', engine_reason: 'small', dataproc_job_id: null },
        ...{ attempts: 1, rows_source: 5, rows_staged: 5, rows_loaded: 5, consistency: 'snapshot' },
      },
    ]);
    expect(large).toMatchObject([
      {
        ...{ status: 'loaded', engine: 'dataproc', engine_reason: 'large', rows_loaded: 900 },
        dataproc_job_id: expect.stringContaining('-grande-'),
      },
    ]);
    for (const table of ['pequena', 'grande']) {
      const { mysql, bigquery } = await contents(table);
      expect(bigquery).toEqual(mysql);
    }
    const started = sandbox.lines.filter((line) => line.includes('"load started"'));
    expect(started.join()).toContain('"engine":"direct","engineReason":"small"');
  });
});

describe('a worker that reads by itself and is killed in the middle of it', () => {
  it('is followed by one that reads in the next attempt; nothing is lost or doubled', async () => {
    const env = { ...sandbox.env, INGEST_ENGINE: 'direct' };
    const dying = startProcess('main', ['--roles', 'worker'], { ...env, CRASH_AT: 'F9' });
    workers.push(dying);
    const running = sandbox.run(['grande']);
    await dying.ended;
    expect(dying.child.signalCode).toBe('SIGKILL');
    workers.push(startProcess('main', ['--roles', 'worker'], env));
    expect(await running).toMatchObject({ status: 'succeeded', tables: [{ status: 'loaded', attempts: 2 }] });
    const [last] = await historyOf('grande');
    expect(last).toMatchObject({ engine: 'direct', engine_reason: 'setting', attempts: 2, rows_loaded: 900 });
    const { mysql, bigquery } = await contents('grande');
    expect(bigquery).toEqual(mysql);
    const staged = await sandbox.adapters.bucket.list(`${sandbox.config.settings.SOURCE_ID}/stage/`);
    expect(staged.filter(({ name }) => name.includes('/data/'))).toEqual([]);
  });
});
