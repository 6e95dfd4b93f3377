import { beforeEach, describe, expect, it } from 'vitest';
import type { VerifySettings } from '../../../../src/pipeline/mapping/verify-settings.ts';
import type { TableRef } from '../../../../src/pipeline/names/table-ref.ts';
import { decideRun } from '../../../../src/pipeline/run/decide-run.ts';
import { countsText, remainingRows, summarize } from '../../../../src/pipeline/run/summary.ts';
import {
  acknowledge,
  changeAcknowledged,
  goneLines,
  goneTables,
  readAcknowledged,
  takeBack,
  unacknowledged,
} from '../../../../src/pipeline/verify/gone-tables.ts';
import { capture } from '../../../support/captures.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';
import { createMemoryDestination } from '../../../support/fakes/memory-destination.ts';
import { createMemoryHistory } from '../../../support/fakes/memory-history.ts';
import { historyRow } from '../../../support/samples.ts';

const NOW = new Date('2026-01-03T03:00:00Z');
const table = (name: string, schema = 's'): TableRef => ({ schema, table: name });
const ever = (name: string, schema = 's') => ({
  ...table(name, schema),
  publishedAt: '2025-01-01T00:00:00.000Z',
});
const SETTINGS: VerifySettings = {
  sourceId: 'main',
  runner: 'worker',
  schemas: ['s'],
  datasetTemplate: '{schema}',
  settleSeconds: 1,
  maxStalenessMs: 1e9,
  compression: 'none',
  engine: 'dataproc',
  directMaxBytes: 0,
  rulePlaces: [],
  maskKey: null,
  rulesFor: () => ({}),
  exclusionRule: ({ table: name }) => (name.startsWith('tmp_') ? 'exclude: s.tmp_*' : null),
};

describe('a table that history knows and the listing lacks', () => {
  it.each<[string, ReturnType<typeof ever>, TableRef[], string[]]>([
    ['is gone', ever('t'), [table('u')], ['t']],
    ['is gone however long ago it was loaded, and though nothing is listed', ever('t'), [], ['t']],
    ['is not, where it is listed', ever('t'), [table('t')], []],
    ['is gone where its name came back in another case', ever('t'), [table('T')], ['t']],
    ['is not, where a rule excludes it', ever('tmp_1'), [], []],
    ['is not, where its schema was taken out of MYSQL_SCHEMAS', ever('t', 'other'), [], []],
    ['is gone, whatever case MYSQL_SCHEMAS is written in', ever('t', 'S'), [], ['t']],
  ])('%s', (_, known, listed, gone) => {
    expect(goneTables([known], listed, SETTINGS).map((one) => one.table)).toEqual(gone);
  });

  it('is told once a person has not acknowledged it, and again when that is taken back', () => {
    const gone = [ever('a'), ever('b')];
    const known = acknowledge({ version: 1, tables: [] }, [table('a')], NOW);
    expect(unacknowledged(gone, known).map((one) => one.table)).toEqual(['b']);
    expect(acknowledge(known, [table('a')], new Date())).toEqual(known);
    expect(unacknowledged(gone, takeBack(known, [table('a')]))).toHaveLength(2);
  });

  it('is told with what to do, ten of many by name', () => {
    expect(goneLines([])).toEqual([]);
    expect(goneLines([table('t')]).join('\n')).toMatch(
      /^1 table is gone from the listing: s\.t: dropped, renamed, or hidden from MYSQL_USER: check the grants\..*\n.*acknowledge -- table=s\.t$/,
    );
    const many = Array.from({ length: 12 }, (_, index) => table(`t${index}`));
    expect(goneLines(many).join('\n')).toMatch(/s\.t9 and 2 more: .*\n.*acknowledge -- --all$/);
  });
});

describe('a run', () => {
  const stage = { now: createMemoryBucket() };
  const history = { now: createMemoryHistory() };
  beforeEach(() => {
    stage.now = createMemoryBucket();
    history.now = createMemoryHistory();
    const published_at = '2025-01-01T00:00:00.000Z';
    for (const name of ['t', 'some', 'tmp_1'])
      history.now.rows.push(
        historyRow({ source_id: 'main', table_name: name, status: 'loaded', published_at }),
      );
  });

  /** Its source lists `s.t` alone. */
  function decide(runId: string, only: TableRef[] | null = null) {
    const source = { capture: async () => capture(), close: async () => undefined };
    const destination = createMemoryDestination(() => 2);
    const ports = { sourceQueries: source, bucket: stage.now, history: history.now, destination };
    return decideRun(
      { runId, trigger: 'scheduled', tables: only, isForced: false, startedAt: NOW.toISOString() },
      SETTINGS,
      {
        ports,
        now: () => NOW,
        loadingElsewhere: async () => new Set(),
        isCancelled: async () => false,
        report: async () => undefined,
      },
    );
  }
  const goneIn = async (runId: string, only?: TableRef[]) =>
    (await decide(runId, only)).tables
      .filter(({ reason }) => reason === 'gone_from_listing')
      .map((one) => one.table);

  it('names it in tables.json, its summary, its one line and history, and still succeeds', async () => {
    const tables = await decide('20260103T030000Z');
    const summary = summarize({ tables, ends: new Map(), historyPending: 0, now: NOW });
    expect(summary.tables[1]).toMatchObject({
      table: 'some',
      status: 'skipped',
      reason: 'gone_from_listing',
    });
    const { loadId } = tables.tables[0] ?? {};
    const end = { status: 'loaded' as const, rowsLoaded: 2, attempts: 1 };
    const ended = summarize({ tables, ends: new Map([[loadId ?? '', end]]), historyPending: 0, now: NOW });
    expect([ended.status, countsText(ended)]).toEqual([
      'succeeded',
      '1 loaded, 0 skipped, 0 failed, 1 gone from the listing',
    ]);
    const rows = remainingRows({ tables, summary: ended, loadsInHistory: new Set([loadId ?? '']) });
    expect(rows).toMatchObject([{ table_name: 'some', decision: 'skip', reason: 'gone_from_listing' }]);
  });

  it('says nothing of it where tables were asked for by name', async () => {
    expect(await goneIn('20260103T030001Z', [table('t')])).toEqual([]);
  });

  it('is quiet once it is acknowledged, until the table has come back and gone again', async () => {
    const change = (names: string[]) =>
      changeAcknowledged(stage.now, 'main', (before) =>
        acknowledge(
          before,
          names.map((one) => table(one)),
          NOW,
        ),
      );
    await change(['some', 't']);
    expect(await goneIn('20260103T030002Z')).toEqual([]);
    // `t` is listed again: the run has taken it off.
    expect((await readAcknowledged(stage.now, 'main')).tables.map((one) => one.table)).toEqual(['some']);
  });
});
