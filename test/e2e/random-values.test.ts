import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { seedsOf } from '../support/seed.ts';
import { compareRandom } from '../support/values/compare-random.ts';
import { chanceOf, randomColumns, randomTable } from '../support/values/random.ts';
import { pause } from '../support/wait.ts';

const ROWS = 500;

const tables = seedsOf(2).map((seed, index) => {
  const chance = chanceOf(seed);
  return { seed, table: `acaso_${index}`, chance, columns: randomColumns(chance, `t${index}`, 'mysql') };
});
let sandbox: Sandbox;
let summary: SummaryObject;

beforeAll(async () => {
  const rules = tables.flatMap(({ columns }) =>
    columns.flatMap(({ name, rule }) => (rule ? [`    ${name}: ${rule}`] : [])),
  );
  sandbox = await openSandbox(
    { INGEST_CONCURRENCY: '2' },
    `source:\n  columns:\n${rules.join('\n')}\n    id: { mask: none }\n`,
  );
  for (const { table, columns, chance } of tables)
    for (const statement of randomTable(table, columns, { chance, rows: ROWS }))
      await sandbox.admin.query(statement);
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
});
afterAll(() => sandbox?.close());

describe(`random tables of ${ROWS} rows`, () => {
  it.each(tables)('SEED=$seed arrives exactly', async ({ table, columns }) => {
    expect(summary.tables.find((found) => found.table === table)).toMatchObject({
      status: 'loaded',
      failure: null,
    });
    const { cells, differences } = await compareRandom(sandbox, table, {
      columns,
      connection: sandbox.admin,
    });
    expect(differences.slice(0, 10)).toEqual([]);
    expect(cells).toBe(columns.length * ROWS);
  });
});
