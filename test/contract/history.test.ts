import { beforeAll, describe, expect, it } from 'vitest';
import { createHistory } from '../../src/adapters/bigquery/history.ts';
import type { History } from '../../src/pipeline/ports/history.ts';
import { historyRow, signature } from '../support/samples.ts';
import { freshInstallation } from '../support/stack-env.ts';

let history: History;
let sourceId: string;

beforeAll(async () => {
  const env = freshInstallation(['s']);
  sourceId = env['SOURCE_ID'] ?? '';
  history = createHistory({
    projectId: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    location: env['BIGQUERY_LOCATION'] ?? '',
    emulatorHost: env['BIGQUERY_EMULATOR_HOST'],
    dataset: env['HISTORY_DATASET'] ?? '',
    table: 'Historico_Execucao',
  });
});

const row = (changes: Parameters<typeof historyRow>[0] = {}) =>
  historyRow({ source_id: sourceId, ...changes });
const recent = (runId: string) => history.recent({ sourceId, runId, limit: 100 });

describe('history', () => {
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
      masked_columns: ['a'],
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
});
