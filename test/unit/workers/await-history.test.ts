import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { TablesObject } from '../../../src/pipeline/objects/run.ts';
import type { RowOfRun } from '../../../src/pipeline/ports/history.ts';
import type { Queues } from '../../../src/queues/queues.ts';
import { awaitHistory, type HistoryWait } from '../../../src/workers/await-history.ts';

const tables = {
  ...{ sourceId: 's', runId: 'r', decidedAt: '2026-01-02T03:00:00.000Z' },
  tables: ['a', 'b', 'c'].map((table) => ({ schema: 's', table })),
} as TablesObject;

/**
 * A queue whose jobs are in these states at each look, and a clock that is a minute further at each
 * of them.
 */
function pending(looks: readonly Record<string, string>[], rowsOfRun?: () => Promise<RowOfRun[]>) {
  let at = 0;
  const ids = Object.keys(looks[0] ?? {});
  const getJobState = async (id: string) => looks[Math.min(at, looks.length - 1)]?.[id] ?? 'unknown';
  const context: HistoryWait = {
    queues: { history: { getJobState } } as unknown as Queues,
    history: { rowsOfRun: rowsOfRun ?? (async () => []) },
    now: () => new Date(60_000 * at++),
  };
  return awaitHistory({ ids, tables, signal: new AbortController().signal }, context);
}
const row = (table: string): RowOfRun => ({ schema: 's', table, status: 'loaded' });

describe('history is awaited', () => {
  it('until every row is there', async () => {
    expect(
      await pending([
        { a: 'waiting', b: 'active' },
        { a: 'completed', b: 'completed' },
      ]),
    ).toBe(0);
  });

  it('ten minutes at most, and what is not there then is counted', async () => {
    let looks = 0;
    const states = { a: 'completed', b: 'delayed', c: 'waiting' };
    const get = (all: typeof states, key: keyof typeof states) => {
      looks += 1;
      return all[key];
    };
    const counted = new Proxy(states, { get: (all, key) => get(all, key as keyof typeof states) });
    expect(await pending([counted])).toBe(2);
    // Three at the first look, two at each of the others.
    expect(looks).toBe(3 + 2 * 9);
  });

  it('not for a row that was given up, which is counted', async () => {
    expect(await pending([{ a: 'completed', b: 'failed', c: 'completed' }])).toBe(1);
  });

  it('by asking BigQuery for the rows whose jobs Redis does not keep', async () => {
    const states = { a: 'completed', b: 'unknown', c: 'unknown' };
    expect(await pending([states], async () => [row('a'), row('b')])).toBe(1);
    expect(await pending([states], async () => ['a', 'b', 'c'].map(row))).toBe(0);
    const away = async () => {
      throw new LoadError('DESTINATION_UNAVAILABLE', '503');
    };
    expect(await pending([states], away)).toBe(3);
  });
});
