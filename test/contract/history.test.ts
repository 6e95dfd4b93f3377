import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/adapters/bigquery/client.ts';
import { createHistory } from '../../src/adapters/bigquery/history.ts';
import type { History } from '../../src/pipeline/ports/history.ts';
import { dropDataset } from '../support/drop-dataset.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { createMemoryHistory } from '../support/fakes/memory-history.ts';
import { onRealProject } from '../support/real-project.ts';
import { historyRow, signature } from '../support/samples.ts';
import { freshInstallation, freshName } from '../support/stack-env.ts';

interface Opened {
  history: History;
  sourceId: string;
  /** Makes every row of a run there twice, as no MERGE may. */
  double(runId: string): Promise<void>;
  close?(): Promise<void>;
}

function openMemory(): Opened {
  const history = createMemoryHistory();
  const double = async (runId: string) => {
    history.rows.push(...history.rows.filter((row) => row.run_id === runId));
  };
  return { history, sourceId: freshName(), double };
}

function openBigQuery(env: Record<string, string>): Opened {
  const dataset = `adutora_contract_${freshName()}`;
  const settings = {
    projectId: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    location: env['BIGQUERY_LOCATION'] ?? '',
    emulatorHost: env['BIGQUERY_EMULATOR_HOST'],
  };
  return {
    history: createHistory({
      ...settings,
      dataset,
      table: 'Historico_Execucao',
      bucket: createMemoryBucket(),
    }),
    sourceId: freshName(),
    double: async (runId) => {
      const name = `\`${settings.projectId}.${dataset}.Historico_Execucao\``;
      const query = `INSERT INTO ${name} SELECT * FROM ${name} WHERE run_id = '${runId}'`;
      await createClient(settings).query({ query, location: settings.location });
    },
    close: () => dropDataset(settings, dataset),
  };
}

describe.each<{ name: string; open(): Opened }>([
  { name: 'BigQuery', open: () => openBigQuery(freshInstallation(['s'])) },
  { name: 'in memory', open: openMemory },
  ...onRealProject(openBigQuery),
])('history, $name', ({ open }) => {
  let opened: Opened;
  let history: History;
  let sourceId: string;
  beforeAll(() => {
    opened = open();
    ({ history, sourceId } = opened);
  });
  afterAll(() => opened?.close?.());

  const row = (changes: Parameters<typeof historyRow>[0] = {}) =>
    historyRow({ source_id: sourceId, ...changes });
  const recent = (runId: string) => history.recent({ sourceId, runId, limit: 100 });

  it('is empty before its table is there', async () => {
    expect(await history.recent({ sourceId, limit: 5 })).toEqual([]);
    expect(await history.lastPublished({ sourceId, since: new Date(0) })).toEqual([]);
  });

  it('makes its table once, and finds it the next time', async () => {
    await history.ensureTable();
    await history.ensureTable();
  });

  it('keeps every column as it was given, whatever its text holds', async () => {
    const hard = row({
      run_id: 'hard',
      status: 'failed',
      error_code: 'UNEXPECTED',
      error_message: `it's "(odd)" \\ {a: [1]} @rows AS INT64) UNNEST(x) AS y \n 🎓`,
      attempts: 3,
      rows_source: 9_007_199_254_740_991,
      started_at: '2026-01-02T03:00:02.123Z',
      signature: signature(),
      policy_counts: { "c'ol": { invalid_date_nullify: 2 } },
      schema_change: { added: ['x'] },
      masked_columns: { a: 'hmac' },
    });
    await history.merge([hard]);
    expect(await recent('hard')).toEqual([hard]);
  });

  it('merges many rows in one statement, and the same rows again without doubling them', async () => {
    const rows = Array.from({ length: 300 }, (_, index) =>
      row({ run_id: 'many', table_name: `t${index}`, status: 'skipped' }),
    );
    await history.merge(rows);
    await history.merge(rows);
    expect(await history.recent({ sourceId, runId: 'many', limit: 1_000 })).toHaveLength(300);
  });

  it('never replaces `loaded`, and lets `loaded` replace `failed`', async () => {
    await history.merge([row({ run_id: 'order', status: 'failed' })]);
    await history.merge([row({ run_id: 'order', status: 'loaded', rows_loaded: 7 })]);
    await history.merge([row({ run_id: 'order', status: 'failed' })]);
    expect(await recent('order')).toMatchObject([{ status: 'loaded', rows_loaded: 7 }]);
  });

  it('tells of a run which tables have a row, and no more of the partition than that', async () => {
    const decided_at = '2025-04-01T03:00:00.500Z';
    await history.merge([
      row({ run_id: 'of', table_name: 'a', decided_at, status: 'failed' }),
      row({ run_id: 'of', table_name: 'b', decided_at, status: 'skipped' }),
      row({ run_id: 'other', table_name: 'c', decided_at }),
    ]);
    const rows = await history.rowsOfRun({ sourceId, runId: 'of', decidedAt: decided_at });
    expect(rows.sort((one, other) => one.table.localeCompare(other.table))).toEqual([
      { schema: 's', table: 'a', status: 'failed' },
      { schema: 's', table: 'b', status: 'skipped' },
    ]);
  });

  it('tells a row that is there twice once, to every reader, and changes both', async () => {
    const decided_at = '2025-06-01T03:00:00.000Z';
    const published_at = '2025-06-01T03:09:00.000Z';
    const twice = row({ run_id: 'twice', table_name: 'dobro', decided_at, status: 'failed' });
    const since = new Date('2025-05-31');
    await history.merge([twice]);
    await opened.double('twice');
    expect(await recent('twice')).toHaveLength(1);
    await history.merge([{ ...twice, status: 'loaded', published_at, signature: signature() }]);
    expect(await recent('twice')).toMatchObject([{ status: 'loaded' }]);
    const all = [
      await history.lastPublished({ sourceId, since }),
      await history.everLoaded({ sourceId }),
      await history.rowsOfRun({ sourceId, runId: 'twice', decidedAt: decided_at }),
      (await history.newestLoads({ sourceId, since })).map((one) => ({ table: one.table_name })),
    ];
    const ofTable = all.map((rows) => rows.filter(({ table }) => table === 'dobro').length);
    expect(ofTable).toEqual([1, 1, 1, 1]);
  });

  it('tells the last published row of a table: the greatest published_at, not the latest written', async () => {
    const table = { table_name: 'pub', status: 'loaded' as const, signature: signature() };
    await history.merge([
      row({
        ...table,
        run_id: 'p2',
        published_at: '2026-01-02T09:00:00.000Z',
        rows_loaded: 2,
        destination_modified: '2026-01-02T09:00:00.001Z',
      }),
    ]);
    await history.merge([
      row({ ...table, run_id: 'p1', published_at: '2026-01-02T08:00:00.000Z', rows_loaded: 1 }),
    ]);
    const last = await history.lastPublished({ sourceId, since: new Date('2026-01-01') });
    expect(last.find((found) => found.table === 'pub')).toEqual({
      schema: 's',
      table: 'pub',
      runId: 'p2',
      publishedAt: '2026-01-02T09:00:00.000Z',
      destinationModified: '2026-01-02T09:00:00.001Z',
      rowsLoaded: 2,
      signature: signature(),
    });
    expect(await history.lastPublished({ sourceId, since: new Date('2026-02-01') })).toEqual([]);
  });

  it('tells every table that was ever loaded, once, with the time of its last load', async () => {
    const loaded = (name: string, day: string) =>
      row({
        run_id: `ever-${day}`,
        table_name: name,
        status: 'loaded',
        decided_at: `${day}T03:00:00.000Z`,
        published_at: `${day}T03:09:00.000Z`,
      });
    await history.merge([
      loaded('antiga', '2019-01-01'),
      loaded('antiga', '2019-01-02'),
      row({ run_id: 'ever', table_name: 'nunca', status: 'failed' }),
    ]);
    const ever = await history.everLoaded({ sourceId });
    expect(ever).toContainEqual({ schema: 's', table: 'antiga', publishedAt: '2019-01-02T03:09:00.000Z' });
    expect(ever.filter(({ table }) => table === 'antiga')).toHaveLength(1);
    expect(ever.map(({ table }) => table)).not.toContain('nunca');
    expect(await history.everLoaded({ sourceId: 'other' })).toEqual([]);
  });

  it('tells the newest row of a table that is not a skip', async () => {
    const at = (day: number) => `2026-03-0${day}T03:00:00.000Z`;
    await history.merge([
      row({ run_id: 'n1', table_name: 'novo', status: 'loaded', decided_at: at(1), rows_loaded: 1 }),
      row({
        run_id: 'n2',
        table_name: 'novo',
        status: 'failed',
        decided_at: at(2),
        error_code: 'UNEXPECTED',
      }),
      row({ run_id: 'n3', table_name: 'novo', status: 'skipped', decided_at: at(3) }),
    ]);
    const newest = await history.newestLoads({ sourceId, since: new Date('2026-02-01') });
    expect(newest).toMatchObject([
      { run_id: 'n2', table_name: 'novo', status: 'failed', error_code: 'UNEXPECTED' },
    ]);
    expect(await history.newestLoads({ sourceId, since: new Date('2026-04-01') })).toEqual([]);
  });

  it('tells the load that ended last, though another was decided after it', async () => {
    const at = (hour: number) => `2026-05-01T0${hour}:00:00.000Z`;
    const table = { table_name: 'aceita' };
    await history.merge([
      row({ ...table, run_id: 'e1', status: 'loaded', decided_at: at(1), ended_at: at(5) }),
      row({ ...table, run_id: 'e2', status: 'failed', decided_at: at(2), ended_at: at(3) }),
    ]);
    const newest = await history.newestLoads({ sourceId, since: new Date('2026-05-01') });
    expect(newest).toMatchObject([{ run_id: 'e1', status: 'loaded' }]);
  });
});
