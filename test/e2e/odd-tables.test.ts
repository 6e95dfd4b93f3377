import fc from 'fast-check';
import mysql from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareTable } from '../../local/compare/compare-tables.ts';
import { readDestination } from '../../local/compare/destination-rows.ts';
import { destinationOf } from '../../src/pipeline/destinations.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { quoteIdentifier } from '../../src/pipeline/table-ref.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

/** What MySQL allows in an identifier: the basic plane without NUL, no space at the end. */
const identifier = fc
  .string({
    minLength: 1,
    maxLength: 20,
    unit: fc.oneof(
      fc.constantFrom(...'aZ9_$ .`"\'\\/;-%#{}é\u00a0漢'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  .map(
    (text) =>
      `${[...text]
        .filter((unit) => unit > '\u0000' && unit < '\ud800')
        .join('')
        .slice(0, 40)}x`,
  );
const SEED = 20_261_124;

/** Tables by name, each with its columns; all are loaded by one run. */
const ODD = new Map<string, string[]>([
  [`it's "a" \\ table.with; dots`, ["d'água", 'a.b', 'with space', 'tick`', 'x"', 'y\\z', ';--', '%s {0}']],
  ['select', ['from', 'group', 'order', 'table', 'where', 'key']],
  ['é'.repeat(63).concat('!'), ['n'.repeat(64), '名前', 'ÄÖÜ', '__proto__', 'constructor']],
  ...fc.sample(
    fc.tuple(
      identifier,
      fc.uniqueArray(identifier, {
        minLength: 1,
        maxLength: 30,
        selector: (name) =>
          name
            .normalize('NFKD')
            .toLowerCase()
            .replaceAll(/[^a-z0-9]/g, ''),
      }),
    ),
    { seed: SEED, numRuns: 2 },
  ),
]);
const WIDE = Array.from({ length: 1_000 }, (_, index) => `c${index}`);

let sandbox: Sandbox;
let summary: SummaryObject;

async function create(
  table: string,
  columns: readonly string[],
  { type = 'TEXT', hasKey = true } = {},
): Promise<void> {
  const name = quoteIdentifier(table);
  const list = columns.map((column) => `${quoteIdentifier(column)} ${type}`);
  await sandbox.admin.query(
    `CREATE TABLE ${name} (zz_id INT${hasKey ? ' PRIMARY KEY' : ''}, ${list.join(', ')}) ROW_FORMAT=DYNAMIC`,
  );
  const rows = [1, 2, 3].map((id) => [
    id,
    ...columns.map((_, index) =>
      (index + id) % 5 === 0 ? null : type === 'INT' ? id * index : `${id}"${index},\n`,
    ),
  ]);
  await sandbox.admin.query(`INSERT INTO ${name} VALUES ?`, [rows]);
}

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2' });
  for (const [table, columns] of ODD) await create(table, columns);
  await create('larga', WIDE, { type: 'INT' });
  await create('sem_chave', ['a'], { hasKey: false });
  await sandbox.admin.query(
    'INSERT INTO sem_chave SELECT * FROM sem_chave; CREATE TABLE vazia (zz_id INT PRIMARY KEY)',
  );
  for (const table of ['Nota', 'nota', 'avaliação', 'avaliacao']) await create(table, ['a']);
  await create('colunas', ['a b', 'a_b']);
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
}, 200_000);
afterAll(() => sandbox?.close());

const ended = (table: string) => summary.tables.find((found) => found.table === table);

async function compare(table: string) {
  const { env, schema } = sandbox;
  const connection = mysql.createConnection({
    host: '127.0.0.1',
    port: Number(env['MYSQL_PORT']),
    user: env['MYSQL_USER'] ?? '',
    password: env['MYSQL_PASSWORD'] ?? '',
    charset: 'utf8mb4',
  });
  try {
    const destination = await readDestination({
      host: env['BIGQUERY_EMULATOR_HOST'] ?? '',
      project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
      location: env['BIGQUERY_LOCATION'] ?? '',
      ...destinationOf({ schema, table }, '{schema}'),
    });
    return await compareTable({ connection, schema, table, destination });
  } finally {
    connection.destroy();
  }
}

describe('tables with odd names and shapes', () => {
  it.each([...ODD.keys(), 'larga', 'sem_chave', 'vazia'])('%j arrives whole', async (table) => {
    expect(ended(table)).toMatchObject({ status: 'loaded', errorMessage: null });
    expect(await compare(table)).toMatchObject({ isEqual: true, differences: [] });
  });

  it.each([
    ['Nota', 'DESTINATION_COLLISION', /Nota and .*nota would both be loaded into .*\.Nota/],
    ['nota', 'DESTINATION_COLLISION', /Nota and .*nota/],
    ['avaliação', 'DESTINATION_COLLISION', /`avaliação`.*\.avaliacao/],
    ['avaliacao', 'DESTINATION_COLLISION', /would both be loaded/],
    ['colunas', 'NAME_UNSUITABLE', /columns a b and a_b would both become a_b/],
  ])('%s is refused with its reason, and nothing of it is loaded', async (table, code, message) => {
    expect(ended(table)).toMatchObject({
      status: 'failed',
      errorCode: code,
      errorMessage: expect.stringMatching(message),
    });
    const destination = destinationOf({ schema: sandbox.schema, table }, '{schema}');
    expect(await sandbox.adapters.destination.describe(destination)).toBeNull();
  });

  it('keeps refused tables out of Dataproc, and does not try them again', async () => {
    const refused = summary.tables.filter(({ status }) => status === 'failed');
    expect(refused.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0, 0]);
  });
});
