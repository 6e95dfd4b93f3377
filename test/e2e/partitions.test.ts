import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { manifestSchema } from '../../src/pipeline/objects/manifest.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

const ROWS = 30_000;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox(
    { STAGE_COMPRESSION: 'gzip' },
    (schema) => `
source: { partitions: { count: 4, above: 1MB } }
tables: { ${schema}.dias: { bigquery: { partitionBy: { column: dia, granularity: DAY } } } }
`,
  );
  // Gaps, and numbers below zero: the range of the key is not its rows.
  await sandbox.admin.query(`CREATE TABLE medidas (id BIGINT PRIMARY KEY, texto VARCHAR(40));
    SET SESSION cte_max_recursion_depth = ${ROWS};
    INSERT INTO medidas WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      SELECT (i - 1000) * 7 - IF(i < 500, 1000000, 0), CONCAT('linha "', i, '"') FROM n;
    ANALYZE TABLE medidas;
    CREATE TABLE dias (id INT PRIMARY KEY, dia DATE);
    INSERT INTO dias WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4001)
      SELECT i, DATE_ADD('2000-01-01', INTERVAL i DAY) FROM n`);
  await pause(2_500);
  await sandbox.start(['worker']);
});
afterAll(() => sandbox?.close());

it('reads a large table by several connections, every row once, and says what that proves', async () => {
  const summary = await sandbox.run(['medidas']);
  expect(summary).toMatchObject({ status: 'succeeded', tables: [{ rowsLoaded: ROWS }] });
  const { SOURCE_ID: sourceId } = sandbox.config.settings;
  const [row] = await sandbox.adapters.history.recent({ sourceId, limit: 1 });
  expect(row).toMatchObject({ consistency: 'proven', rows_source: ROWS, rows_staged: ROWS });
  const attemptId = row?.dataproc_job_id?.slice(sourceId.length + 1) ?? '';
  const manifest = await readObject(
    sandbox.adapters.bucket,
    objectNames(sourceId).manifest(attemptId),
    manifestSchema,
  );
  expect(manifest?.value).toMatchObject({ readers: 4, rows: ROWS });
  const [found] = await sandbox.adapters.query(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids, CAST(SUM(id) AS VARCHAR) AS total FROM \`${sandbox.schema}.medidas\``,
  );
  const [[expected]] = (await sandbox.admin.query(
    'SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids, CAST(SUM(id) AS CHAR) AS total FROM medidas',
  )) as unknown as [[Record<string, unknown>]];
  expect(found).toEqual(expected);
});

it('reads nothing of a table that would make more partitions than BigQuery loads at once', async () => {
  expect(await sandbox.run(['dias'])).toMatchObject({
    tables: [{ status: 'failed', attempts: 1, failure: { code: 'TOO_MANY_PARTITIONS' } }],
  });
});
