import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Database, quoteText } from '../../../local/bigquery/database.ts';
import { startBigQueryStandIn } from '../../../local/bigquery/server.ts';

const DATASET = { id: 'd', location: 'US', labels: {}, creationTime: 1, lastModifiedTime: 1 };
/**
 * As the stand-in wrote it before it could go back in time: the rows in a DuckDB table of the same
 * name.
 */
const TABLE = {
  ...{ dataset: 'd', id: 't', schema: [{ name: 'id', type: 'INT64' }], labels: {}, rowAccessPolicies: [] },
  ...{ creationTime: 1, lastModifiedTime: 2, etag: 3 },
};

it('the BigQuery stand-in finds the tables of an older data folder', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-bigquery-'));
  const database = await Database.open(join(dataDir, 'bigquery.duckdb'));
  const insert = (kind: string, id: string, resource: object) =>
    database.run(
      `INSERT INTO _standin.resources VALUES ('${kind}', '${id}', ${quoteText(JSON.stringify(resource))})`,
    );
  await database.run('CREATE SCHEMA d');
  await database.run('CREATE TABLE d.t AS SELECT 7 AS id');
  await insert('dataset', 'd', DATASET);
  await insert('table', 'd.t', TABLE);
  await database.close();
  for (const _ of ['adopts', 'finds again']) {
    const standIn = await startBigQueryStandIn({ port: 0, dataDir, gcsEndpoint: '', project: 'p' });
    const answer = await fetch(`${standIn.address}/bigquery/v2/projects/p/queries`, {
      method: 'POST',
      body: JSON.stringify({ query: 'DELETE FROM `d.t` WHERE id = 1', useLegacySql: false }),
    });
    expect(await answer.json()).toMatchObject({ numDmlAffectedRows: '0' });
    const table = await fetch(`${standIn.address}/bigquery/v2/projects/p/datasets/d/tables/t`);
    expect(await table.json()).toMatchObject({ numRows: '1' });
    await standIn.close();
  }
  await rm(dataDir, { recursive: true });
});
