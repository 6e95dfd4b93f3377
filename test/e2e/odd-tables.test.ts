import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { destinationOf } from '../../src/pipeline/mapping/destinations.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { compareWithDestination, createOddTable } from '../support/odd-tables.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

/** Tables by name, each with its columns; all are loaded by one run. */
const ODD = new Map<string, string[]>([
  [`it's "a" \\ table.with; dots`, ["d'água", 'a.b', 'with space', 'tick`', 'x"', 'y\\z', ';--', '%s {0}']],
  ['select', ['from', 'group', 'order', 'table', 'where', 'key']],
  ['é'.repeat(63).concat('!'), ['n'.repeat(64), '名前', 'ÄÖÜ', '__proto__', 'constructor']],
]);
/** What Spark reads of them; the others are read by the worker itself. */
const BY_SPARK = [[...ODD.keys()][0] ?? '', 'larga'];
const WIDE = Array.from({ length: 1_000 }, (_, index) => `c${index}`);

let sandbox: Sandbox;
let summary: SummaryObject;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2', INGEST_ENGINE: 'direct' }, (schema) =>
    JSON.stringify({
      tables: Object.fromEntries(BY_SPARK.map((table) => [`${schema}.${table}`, { engine: 'dataproc' }])),
    }),
  );
  for (const [table, columns] of ODD) await createOddTable(sandbox, { table, columns });
  await createOddTable(sandbox, { table: 'larga', columns: WIDE, type: 'INT' });
  await createOddTable(sandbox, { table: 'sem_chave', columns: ['a'], hasKey: false });
  await sandbox.admin.query(
    'INSERT INTO sem_chave SELECT * FROM sem_chave; CREATE TABLE vazia (zz_id INT PRIMARY KEY)',
  );
  for (const table of ['Nota', 'nota', 'avaliação', 'avaliacao'])
    await createOddTable(sandbox, { table, columns: ['a'] });
  await createOddTable(sandbox, { table: 'colunas', columns: ['a b', 'a_b'] });
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
});
afterAll(() => sandbox?.close());

const ended = (table: string) => summary.tables.find((found) => found.table === table);

describe('tables with odd names and shapes', () => {
  it.each([...ODD.keys(), 'larga', 'sem_chave', 'vazia'])('%j arrives whole', async (table) => {
    expect(ended(table)).toMatchObject({ status: 'loaded', failure: null });
    expect(await compareWithDestination(sandbox, table)).toMatchObject({ isEqual: true, differences: [] });
  });

  it.each([
    ['Nota', 'DESTINATION_COLLISION', /^The table and .*\.nota would both be loaded into .*\.Nota/],
    ['nota', 'DESTINATION_COLLISION', /^The table and .*\.Nota would both be loaded into/],
    ['avaliação', 'DESTINATION_COLLISION', /^The table and .*\.avaliacao would both be loaded into/],
    ['avaliacao', 'DESTINATION_COLLISION', /^The table and .*`avaliação` would both be loaded/],
    ['colunas', 'NAME_UNSUITABLE', /^Columns a b and a_b would both become a_b/],
  ])('%s is refused with its reason, and nothing of it is loaded', async (table, code, message) => {
    expect(ended(table)).toMatchObject({
      status: 'failed',
      failure: { code, message: expect.stringMatching(message) },
    });
    const destination = destinationOf({ schema: sandbox.schema, table }, '{schema}');
    expect(await sandbox.adapters.destination.describe(destination)).toBeNull();
  });

  it('was read by both engines', async () => {
    const { SOURCE_ID: sourceId } = sandbox.config.settings;
    const rows = await sandbox.adapters.history.recent({ sourceId, limit: 100 });
    const bySpark = rows.filter(({ engine }) => engine === 'dataproc').map(({ table_name }) => table_name);
    expect(bySpark.sort()).toEqual([...BY_SPARK].sort());
    expect(rows.filter(({ engine }) => engine === 'direct')).toHaveLength(ODD.size + 3 - BY_SPARK.length);
  });

  it('keeps refused tables out of Dataproc, and does not try them again', async () => {
    const refused = summary.tables.filter(({ status }) => status === 'failed');
    expect(refused.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0, 0]);
  });
});
