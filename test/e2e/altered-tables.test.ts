import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

const ALTERED = [
  ['another_type', 'MODIFY valor VARCHAR(20)', [{ zz_id: 1, valor: '7' }]],
  ['a_column_less', 'DROP COLUMN valor', [{ zz_id: 1 }]],
  ['a_column_more', "ADD COLUMN novo VARCHAR(9) DEFAULT 'sim'", [{ zz_id: 1, valor: 7, novo: 'sim' }]],
] as const;
const TABLES = [...ALTERED.map(([table]) => table), 'dropped'];

let sandbox: Sandbox;
let summary: SummaryObject;

beforeAll(async () => {
  sandbox = await openQuickSandbox({ changes: { INGEST_CONCURRENCY: '2' } });
  summary = await runWhileAltered(sandbox, TABLES);
});
afterAll(() => sandbox?.close());

/**
 * The run of tables that are altered, and one of them dropped, once verify has seen them and before
 * their loads begin.
 */
async function runWhileAltered(
  { admin, queues, run, start }: Sandbox,
  tables: readonly string[],
): Promise<SummaryObject> {
  for (const table of tables)
    await admin.query(
      `CREATE TABLE ${table} (zz_id INT PRIMARY KEY, valor INT); INSERT INTO ${table} VALUES (1, 7)`,
    );
  await start(['worker']);
  await queues.ingest.pause();
  const running = run(tables);
  await until(async () => (await queues.ingest.getWaitingCount()) === tables.length);
  for (const [table, change] of ALTERED)
    if (tables.includes(table)) await admin.query(`ALTER TABLE ${table} ${change}`);
  if (tables.includes('dropped')) await admin.query('DROP TABLE dropped');
  await queues.ingest.resume();
  return running;
}

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('a table that changes between verify and its load', () => {
  it.each(ALTERED)('%s: is read again as it is then', async (table, _, rows) => {
    expect(ended(table)).toMatchObject({ status: 'loaded', attempts: 2 });
    expect(await sandbox.adapters.query(`SELECT * FROM \`${sandbox.schema}.${table}\``)).toEqual(rows);
  });

  it('dropped: fails at once, by its own name', () => {
    expect(ended('dropped')).toMatchObject({
      status: 'failed',
      failure: { code: 'SOURCE_TABLE_GONE' },
      attempts: 1,
    });
  });

  it('is not loaded again for what the second look saw', async () => {
    await pause(2_500);
    const next = await sandbox.run();
    expect(next.tables.map(({ status, reason }) => [status, reason])).toEqual(
      ALTERED.map(() => ['skipped', 'unchanged']),
    );
  });
});

it('is told by Spark itself that a column is no longer there, and is read again', async () => {
  const real = await openSandbox();
  onTestFinished(() => real.close());
  const [found] = (await runWhileAltered(real, ['a_column_less'])).tables;
  expect(found).toMatchObject({ status: 'loaded', attempts: 2 });
  expect(await real.adapters.query(`SELECT * FROM \`${real.schema}.a_column_less\``)).toEqual([{ zz_id: 1 }]);
});

it('ends a run with nothing to load well, also for a schema without tables', async () => {
  const empty = await openSandbox();
  await empty.start(['worker']);
  expect(await empty.run()).toMatchObject({
    status: 'succeeded',
    loaded: 0,
    skipped: 0,
    failed: 0,
    tables: [],
  });
  await empty.close();
});
