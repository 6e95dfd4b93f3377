import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableObjectKey } from '../../src/pipeline/names/index.ts';
import type { HistoryRow } from '../../src/pipeline/objects/history-row.ts';
import { takeTableLease } from '../../src/redis/table-lease.ts';
import { command as runCommand } from '../support/commands.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

let sandbox: Sandbox;
const destination = () => ({ dataset: sandbox.schema, table: 'notas' });
const describeIt = async () => sandbox.adapters.destination.describe(destination());
const command = (...args: string[]) => runCommand(args, sandbox.env);
/** Until history has the row of a load that was accepted. */
const settled = (runId: string) =>
  until(async () => {
    const { stdout } = await command('history', 'table=notas', '--json');
    return JSON.parse(stdout).find((row: HistoryRow) => row.run_id === runId && row.status === 'loaded');
  });
const tables = async () => JSON.parse((await command('tables', '--json')).stdout);
let wholeAt: Date;

beforeAll(async () => {
  sandbox = await openQuickSandbox();
  await sandbox.admin.query(
    `SET SESSION cte_max_recursion_depth = 2000; CREATE TABLE notas (id INT PRIMARY KEY, v INT);
     INSERT INTO notas WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 1200) SELECT id, id FROM n`,
  );
  await sandbox.start(['worker']);
  expect(await sandbox.run(['notas'])).toMatchObject({ status: 'succeeded', loaded: 1 });
  wholeAt = new Date();
  await pause(5);
});
afterAll(() => sandbox?.close());

describe('a table that shrinks by much', () => {
  it('is not published, and can be accepted', async () => {
    await sandbox.admin.query('DELETE FROM notas WHERE id > 10');
    await pause(2_500);
    const summary = await sandbox.run(['notas']);
    expect(summary).toMatchObject({ status: 'failed', tables: [{ failure: { code: 'SHRUNK_TOO_MUCH' } }] });
    expect(summary.tables[0]?.failure).toMatchObject({
      message: expect.stringMatching(/10 rows now and 1200 in BigQuery: 99 % would go/),
      hint: expect.stringContaining('npm run accept'),
    });
    expect(await describeIt()).toMatchObject({ rows: 1_200 });
    expect(await tables()).toMatchObject([{ published: { rows_loaded: 1_200 }, last: { status: 'failed' } }]);

    const accepted = await command('accept', 'run=last', 'table=notas', '--wait', '--json');
    expect(accepted).toMatchObject({ code: 0 });
    expect(JSON.parse(accepted.stdout)).toMatchObject({ rows: 10, published: true, error: null });
    expect(await describeIt()).toMatchObject({ rows: 10 });
    const again = await command('accept', `run=${summary.runId}`, 'table=notas');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('NOTHING_TO_ACCEPT') });
    expect(again.stderr).toMatch(/npm run history -- table=\w+\.notas/);

    await settled(summary.runId);
    expect(await tables()).toMatchObject([
      { published: { run_id: summary.runId, rows_loaded: 10 }, last: { status: 'loaded' } },
    ]);
    const [ran] = JSON.parse((await command('runs', '--json')).stdout);
    expect(ran).toMatchObject({
      run_id: summary.runId,
      status: 'succeeded',
      loaded: 1,
      failed: 0,
      failures: [],
    });
    expect(ran.note).toMatch(/published after the run: .*notas/);
    expect((await command('retry', `run=${summary.runId}`)).stdout).toContain('Nothing failed');
  });

  it('is put back, and paused', async () => {
    const restored = await command('restore', 'table=notas', `at=${wholeAt.toISOString()}`, '--json');
    expect(restored).toMatchObject({ code: 0 });
    expect(JSON.parse(restored.stdout)).toMatchObject({ reason: 'restored', rows_loaded: 1_200 });
    expect(await describeIt()).toMatchObject({ rows: 1_200 });
    const plan = JSON.parse((await command('plan', '--json')).stdout);
    expect(plan).toMatchObject([{ table: 'notas', decision: 'skip', reason: 'paused' }]);
    await command('resume', '--all');
    const resumed = JSON.parse((await command('plan', '--json')).stdout);
    expect(resumed).toMatchObject([{ decision: 'load', reason: 'destination_differs' }]);
    const { stdout } = await command('history', 'table=notas', '--json');
    expect(JSON.parse(stdout).map(({ status }: { status: string }) => status)).toEqual([
      'skipped',
      'loaded',
      'loaded',
    ]);
  });

  it.concurrent.each<[string[], string, string]>([
    [['accept', 'run=x', 'table=notas'], 'UNKNOWN_RUN', 'There is no run x'],
    [['accept', 'run=last', 'table=nao'], 'NOTHING_TO_ACCEPT', 'npm run enqueue -- table=nao'],
    [['accept', 'table=notas'], 'USAGE', 'run=RUN'],
    [['restore', 'table=notas'], 'USAGE', 'at=TIME'],
    [['restore', 'table=notas', 'at=yesterday'], 'USAGE', 'at=TIME'],
    [['restore', 'table=notas', 'at=2020-01-01'], 'USAGE', 'more than 7 days ago'],
    [['restore', 'table=notas', 'at=2999-01-01'], 'USAGE', 'in the future'],
    [['restore', 'table=nota', `at=${new Date().toISOString()}`], 'UNKNOWN_TABLE', 'Did you mean'],
  ])('%j is told what is wrong', async (args, code, said) => {
    const ended = await command(...args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(code);
    expect(ended.stderr).toContain(said);
  });

  it('is not restored while a load is at work on it', async () => {
    const redis = new Redis(sandbox.env['REDIS_URL'] ?? '');
    const key = tableObjectKey({ schema: sandbox.schema, table: 'notas' });
    const { SOURCE_ID: sourceId = '' } = sandbox.env;
    const taken = await takeTableLease({ redis, sourceId, key, loadId: 'that-load' });
    const ended = await command('restore', 'table=notas', `at=${wholeAt.toISOString()}`);
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is being loaded by that-load, which would publish over it.'),
    });
    expect((await command('pause', '--list')).stdout).toBe('Nothing is paused.\n');
    if ('lease' in taken) await taken.lease.release();
    redis.disconnect();
  });

  it('is not restored to a time at which it was not there, and is paused only where it was before', async () => {
    const before = `at=${new Date(wholeAt.getTime() - 86_400_000).toISOString()}`;
    const ended = await command('restore', 'table=notas', before);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('RESTORE_IMPOSSIBLE') });
    expect(ended.stderr).toContain('Its pause is taken back.');
    expect((await command('pause', '--list')).stdout).toBe('Nothing is paused.\n');
    await command('pause', 'table=notas');
    const again = await command('restore', 'table=notas', before);
    expect(again.stderr).not.toContain('Its pause');
    expect((await command('pause', '--list')).stdout).toContain('notas is paused since');
    await command('resume', '--all');
  });
});
