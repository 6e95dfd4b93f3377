import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { connectAsAdmin } from '../support/stack-env.ts';
import { pause } from '../support/wait.ts';

const MB = 1024 * 1024;
let sandbox: Sandbox;
let summary: SummaryObject;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '1', INGEST_ATTEMPTS: '1' });
  const { admin } = sandbox;
  const [[before]] = (await admin.query('SELECT @@global.max_allowed_packet AS bytes')) as unknown as [
    [{ bytes: number }],
  ];
  // Sessions begin with the global value: longer than a cell to put the values in, and what servers have by default to read them.
  await admin.query(`SET GLOBAL max_allowed_packet = ${1024 * MB}`);
  const writer = await connectAsAdmin({ database: sandbox.schema });
  await writer.query(
    `CREATE TABLE texto (id INT PRIMARY KEY, t LONGTEXT); INSERT INTO texto VALUES (1, REPEAT('ab"', ${20 * MB}))`,
  );
  await writer.query(
    `CREATE TABLE bytes (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO bytes VALUES (7, REPEAT('a', ${200 * MB}))`,
  );
  await writer.query(
    `CREATE TABLE linha (id INT PRIMARY KEY, a LONGTEXT, b LONGTEXT); INSERT INTO linha VALUES (3, REPEAT('a', ${55 * MB}), REPEAT('b', ${55 * MB}))`,
  );
  await writer.end();
  await admin.query(`SET GLOBAL max_allowed_packet = ${before.bytes}`);
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
}, 400_000);
afterAll(() => sandbox?.close());

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('values of many megabytes', () => {
  it('a cell of 60 MB arrives exactly', async () => {
    expect(ended('texto')).toMatchObject({ status: 'loaded', errorMessage: null });
    const { dataset, table } = { dataset: sandbox.schema, table: 'texto' };
    const [row] = await sandbox.adapters.query(
      `SELECT LENGTH(t) AS chars, SUBSTR(t, ${60 * MB - 2}) AS ending FROM \`${dataset}.${table}\``,
    );
    expect(row).toEqual({ chars: 60 * MB, ending: 'ab"' });
  });

  it('a row over the 100 MB of BigQuery is refused by its key, and nothing is published', async () => {
    expect(ended('linha')).toMatchObject({
      status: 'failed',
      errorCode: 'ROW_TOO_LONG',
      errorMessage: expect.stringContaining('id=3'),
    });
    expect(
      await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'linha' }),
    ).toBeNull();
  });

  it('a value that max_allowed_packet would turn into NULL is refused by column and key', async () => {
    expect(ended('bytes')).toMatchObject({
      status: 'failed',
      errorCode: 'VALUE_TOO_LONG',
      errorMessage: expect.stringMatching(/column b: .*id=7/),
    });
    expect(
      await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'bytes' }),
    ).toBeNull();
  });
});
