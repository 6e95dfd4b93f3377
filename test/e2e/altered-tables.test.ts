import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
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
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2' });
  const { admin, queues } = sandbox;
  for (const table of TABLES)
    await admin.query(
      `CREATE TABLE ${table} (zz_id INT PRIMARY KEY, valor INT); INSERT INTO ${table} VALUES (1, 7)`,
    );
  await sandbox.start(['worker']);
  await queues.ingest.pause();
  const running = sandbox.run(TABLES);
  // Verify has seen them, and their loads have not begun.
  await until(async () => (await queues.ingest.getWaitingCount()) === TABLES.length);
  for (const [table, change] of ALTERED) await admin.query(`ALTER TABLE ${table} ${change}`);
  await admin.query('DROP TABLE dropped');
  await queues.ingest.resume();
  summary = await running;
});
afterAll(() => sandbox?.close());

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('a table that changes between verify and its load', () => {
  it.each(ALTERED)('%s: is read again as it is then', async (table, _, rows) => {
    expect(ended(table)).toMatchObject({ status: 'loaded', attempts: 2 });
    expect(await sandbox.adapters.query(`SELECT * FROM \`${sandbox.schema}.${table}\``)).toEqual(rows);
  });

  it('dropped: fails at once, by its own name', () => {
    expect(ended('dropped')).toMatchObject({
      status: 'failed',
      errorCode: 'SOURCE_TABLE_GONE',
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
