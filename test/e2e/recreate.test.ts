import { BigQuery } from '@google-cloud/bigquery';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

const RULES = `
source:
  bigquery: { partitionBy: { column: dia, granularity: DAY }, recreate: true }
`;
/** As somebody has made it by hand. */
const FIELDS = [
  { name: 'id', type: 'INTEGER' },
  { name: 'dia', type: 'DATE', description: 'de gente' },
];

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openQuickSandbox({ rules: RULES });
  await sandbox.admin.query(
    "CREATE TABLE notas (id INT PRIMARY KEY, dia DATE); INSERT INTO notas VALUES (1, '2026-01-01'), (2, '2026-01-02')",
  );
  const { GOOGLE_CLOUD_PROJECT: projectId = '', BIGQUERY_EMULATOR_HOST: host } = sandbox.env;
  const client = new BigQuery({ projectId, apiEndpoint: `http://${host}` });
  await sandbox.adapters.destination.ensureDataset(sandbox.schema);
  await client.dataset(sandbox.schema).createTable('notas', { schema: { fields: FIELDS } });
  await client.query(`INSERT INTO \`${sandbox.schema}.notas\` (id, dia) VALUES (7, DATE '2020-01-01')`);
  await pause(2_500);
  await sandbox.start(['worker']);
});
afterAll(() => sandbox?.close());

const describeNotas = () =>
  sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'notas' });

/** Jobs of this installation alone tell a wrong count: others use the stand-in too. */
async function countWrongly(): Promise<void> {
  const address = `http://${sandbox.env['BIGQUERY_EMULATOR_HOST']}/_faults`;
  const call = `GET .*/jobs/${sandbox.env['SOURCE_ID']}-.*-p1`;
  await fetch(address, {
    method: 'POST',
    body: JSON.stringify({ call, times: 100, fault: { kind: 'wrong-count' } }),
  });
  onTestFinished(async () => void (await fetch(address, { method: 'DELETE' })));
}

it('a destination that is to be made anew stays as it was where its load goes wrong', async () => {
  const before = await describeNotas();
  await countWrongly();
  const { tables } = await sandbox.run(['notas']);
  expect(tables).toMatchObject([{ status: 'failed', failure: { code: 'LOADED_DIFFERS' } }]);
  expect(tables[0]?.failure?.message).toContain('The destination is as it was.');
  expect(await describeNotas()).toEqual(before);
});

it('and is made anew with the rows of the source, with what people had set on its columns', async () => {
  expect(await sandbox.run(['notas'])).toMatchObject({ status: 'succeeded', loaded: 1 });
  const after = await describeNotas();
  expect(after).toMatchObject({ rows: 2, partitioning: { column: 'dia', granularity: 'DAY' } });
  expect(after?.columns.map(({ description }) => description)).toEqual([undefined, 'de gente']);
  const tables = await sandbox.adapters.destination.describeDataset(sandbox.schema);
  expect([...tables.keys()]).toEqual(['notas']);
});
