import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { connectAsAdmin } from '../support/stack-env.ts';
import { pause } from '../support/wait.ts';

const MB = 1024 * 1024;
let sandbox: Sandbox;
let summary: SummaryObject;
/** Of 60 MB of bytes, on a server with the max_allowed_packet that MySQL has by default. */
let byDefault: SummaryObject;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '1', INGEST_ATTEMPTS: '1' });
  const { admin } = sandbox;
  const [[before]] = (await admin.query('SELECT @@global.max_allowed_packet AS bytes')) as unknown as [
    [{ bytes: number }],
  ];
  // Sessions begin with the global value: longer than a cell to put the values in, and what servers
  // have by default to read them.
  await admin.query(`SET GLOBAL max_allowed_packet = ${1024 * MB}`);
  const writer = await connectAsAdmin({ database: sandbox.schema });
  await writer.query(
    `CREATE TABLE texto (id INT PRIMARY KEY, t LONGTEXT); INSERT INTO texto VALUES (1, REPEAT('ab"', ${20 * MB}))`,
  );
  await writer.query(
    `CREATE TABLE bytes (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO bytes VALUES (7, REPEAT('a', ${200 * MB}))`,
  );
  await writer.query(
    `CREATE TABLE blob45 (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO blob45 VALUES (5, REPEAT(X'00FF0A', ${15 * MB}))`,
  );
  await writer.query(
    `CREATE TABLE linha (id INT PRIMARY KEY, a LONGTEXT, b LONGTEXT); INSERT INTO linha VALUES (3, REPEAT('a', ${55 * MB}), REPEAT('b', ${55 * MB}))`,
  );
  await admin.query(`SET GLOBAL max_allowed_packet = ${before.bytes}`);
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
  await writer.query(
    `CREATE TABLE blob60 (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO blob60 VALUES (5, REPEAT(X'00FF0A', ${20 * MB}))`,
  );
  await writer.end();
  await admin.query(`SET GLOBAL max_allowed_packet = ${64 * MB}`);
  byDefault = await sandbox.run(['blob60']);
  await admin.query(`SET GLOBAL max_allowed_packet = ${before.bytes}`);
});
afterAll(() => sandbox?.close());

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('values of many megabytes', () => {
  it('a cell of 60 MB arrives exactly', async () => {
    expect(ended('texto')).toMatchObject({ status: 'loaded', failure: null });
    const { dataset, table } = { dataset: sandbox.schema, table: 'texto' };
    const [row] = await sandbox.adapters.query(
      `SELECT LENGTH(t) AS chars, SUBSTR(t, ${60 * MB - 2}) AS ending FROM \`${dataset}.${table}\``,
    );
    expect(row).toEqual({ chars: 60 * MB, ending: 'ab"' });
  });

  it('45 MB of bytes, 60 MB as text, arrive exactly', async () => {
    expect(ended('blob45')).toMatchObject({ status: 'loaded', failure: null });
    const rows = await sandbox.adapters.query(`SELECT SHA256(b) AS hash FROM \`${sandbox.schema}.blob45\``);
    const bytes = Buffer.alloc(45 * MB, Buffer.from([0x00, 0xff, 0x0a]));
    expect(rows).toEqual([{ hash: createHash('sha256').update(bytes).digest('hex') }]);
  });

  it('60 MB of bytes, whose text is longer than the max_allowed_packet of most servers, are refused by column and key', async () => {
    const refused = { status: 'failed', failure: { code: 'VALUE_TOO_LONG' } };
    expect(byDefault.tables).toMatchObject([refused]);
    expect(byDefault.tables[0]?.failure).toMatchObject({
      message: expect.stringMatching(/column b: .*id=5/),
      hint: expect.stringContaining('Raise max_allowed_packet'),
    });
    const destination = { dataset: sandbox.schema, table: 'blob60' };
    expect(await sandbox.adapters.destination.describe(destination)).toBeNull();
  });

  it('a row over the 100 MB of BigQuery is refused by its key, and nothing is published', async () => {
    expect(ended('linha')).toMatchObject({
      status: 'failed',
      failure: { code: 'ROW_TOO_LONG', message: expect.stringContaining('id=3') },
    });
    expect(
      await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'linha' }),
    ).toBeNull();
  });

  it('a value that max_allowed_packet would turn into NULL is refused by column and key', async () => {
    expect(ended('bytes')).toMatchObject({
      status: 'failed',
      failure: { code: 'VALUE_TOO_LONG', message: expect.stringMatching(/column b: .*id=7/) },
    });
    expect(
      await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'bytes' }),
    ).toBeNull();
  });
});
