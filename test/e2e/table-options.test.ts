import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

const RULES = `
source:
  bigquery:
    partitionBy: { column: dia, granularity: DAY }
    clusterBy: [nome]
    labels: { origem: aurora }
    expiration: 60d
`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2', INGEST_ENGINE: 'direct' }, RULES);
  await sandbox.admin.query(
    `SET SESSION cte_max_recursion_depth = 5000;
     CREATE TABLE notas (id INT PRIMARY KEY, dia DATE, nome VARCHAR(20) COMMENT 'do aluno') COMMENT 'as notas';
     INSERT INTO notas VALUES (1, '2026-01-01', 'a'), (2, '2026-02-01', 'b'), (3, NULL, NULL);
     CREATE TABLE livre (id INT PRIMARY KEY);
     CREATE TABLE muitas (id INT PRIMARY KEY, dia DATE, nome VARCHAR(9));
     INSERT INTO muitas WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 4001)
       SELECT id, DATE_ADD('2000-01-01', INTERVAL id DAY), '' FROM n`,
  );
  await pause(2_500);
  await sandbox.start(['worker']);
});
afterAll(() => sandbox?.close());

const describeNotas = async () =>
  sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'notas' });

describe('the table options of a destination', () => {
  it('is made with the table; what does not fit fails by itself, before anything is staged', async () => {
    const { tables } = await sandbox.run(['notas', 'livre', 'muitas']);
    expect(Object.fromEntries(tables.map(({ table, failure }) => [table, failure?.code ?? null]))).toEqual({
      notas: null,
      livre: 'TABLE_DESIGN_INVALID',
      muitas: 'TOO_MANY_PARTITIONS',
    });
    const found = await describeNotas();
    expect(found).toMatchObject({
      rows: 3,
      partitioning: { column: 'dia', granularity: 'DAY' },
      clustering: ['nome'],
      description: 'as notas',
      primaryKey: ['id'],
      labels: { origem: 'aurora' },
    });
    expect(found?.columns.map(({ name, description }) => [name, description])).toEqual([
      ['id', undefined],
      ['dia', undefined],
      ['nome', 'do aluno'],
    ]);
    expect(Date.parse(found?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 59 * 86_400_000);
  });

  it('leaves what people have set, follows the source in the rest, and is no reason to load again', async () => {
    const before = await describeNotas();
    const destination = { dataset: sandbox.schema, table: 'notas' };
    await sandbox.adapters.destination.alter({
      destination,
      etag: before?.etag ?? '',
      changes: { description: 'deles', labels: { dono: 'ana' } },
    });
    await sandbox.admin.query(
      "ALTER TABLE notas ADD COLUMN turma INT AFTER id, MODIFY nome VARCHAR(20) COMMENT 'completo', COMMENT = 'outra'; UPDATE notas SET turma = id",
    );
    await pause(2_500);
    expect(await sandbox.run(['notas'])).toMatchObject({ loaded: 1 });
    const after = await describeNotas();
    expect(after).toMatchObject({
      description: 'deles',
      primaryKey: ['id'],
      labels: { origem: 'aurora', dono: 'ana' },
      partitioning: { column: 'dia' },
    });
    expect(after?.columns.map(({ name, description }) => [name, description])).toEqual([
      ['id', undefined],
      ['dia', undefined],
      ['nome', 'completo'],
      ['turma', undefined],
    ]);
    const { HISTORY_DATASET, HISTORY_TABLE } = sandbox.config.settings;
    const [row] = await sandbox.adapters.query(
      `SELECT TO_JSON_STRING(schema_change) AS change FROM \`${HISTORY_DATASET}.${HISTORY_TABLE}\` WHERE schema_change IS NOT NULL`,
    );
    expect(JSON.parse(String(row?.['change'] ?? '{}'))).toMatchObject({ added: ['turma'], removed: [] });
    await sandbox.admin.query('DROP TABLE muitas');
    const summary = await sandbox.run();
    expect(summary.tables.find(({ table }) => table === 'notas')).toMatchObject({ reason: 'unchanged' });
  });

  it('with a column that a person has added stops, before anything is read, and keeps it', async () => {
    const before = await describeNotas();
    const own = { name: 'obs_do_analista', type: 'STRING', mode: 'NULLABLE' as const };
    await sandbox.adapters.destination.alter({
      destination: { dataset: sandbox.schema, table: 'notas' },
      etag: before?.etag ?? '',
      changes: { columns: [...(before?.columns ?? []), own] },
    });
    const { tables } = await sandbox.run(['notas']);
    expect(tables).toMatchObject([{ failure: { code: 'SCHEMA_CHANGE_PROTECTED' }, attempts: 0 }]);
    expect((await describeNotas())?.columns.at(-1)).toMatchObject({ name: 'obs_do_analista' });
  });
});
