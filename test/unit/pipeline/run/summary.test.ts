import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../src/pipeline/errors/error-codes.ts';
import { summaryObjectSchema } from '../../../../src/pipeline/objects/run.ts';
import { countsText, failedBeforeDecisions, recounted } from '../../../../src/pipeline/run/summary.ts';
import { failure } from '../../../support/samples.ts';

const about = {
  sourceId: 'x',
  runId: 'r',
  trigger: 'manual' as const,
  startedAt: '2026-01-02T03:00:00.000Z',
};
const table = (name: string, status: string) => ({
  schema: 's',
  table: name,
  status,
  reason: 'forced',
  attempts: 1,
  rowsLoaded: null,
  failure: null,
});
/** As an older version wrote it: what was cancelled counts as failed. */
const older = (statuses: readonly string[], failed: number) =>
  summaryObjectSchema.parse({
    version: 1,
    ...about,
    status: 'failed',
    endedAt: about.startedAt,
    loaded: 1,
    skipped: 0,
    failed,
    historyPending: 0,
    error: null,
    tables: statuses.map((status, index) => table(`t${index}`, status)),
  });

describe('what a person has ended is not told as failed', () => {
  it.each([
    [['loaded', 'cancelled', 'cancelled'], 'cancelled', '1 loaded, 0 skipped, 0 failed, 2 cancelled'],
    [['loaded', 'cancelled', 'failed'], 'failed', '1 loaded, 0 skipped, 1 failed, 1 cancelled'],
    [['loaded', 'skipped'], 'succeeded', '1 loaded, 1 skipped, 0 failed'],
  ])('%j is %s, also in the summary of an older version', (statuses, status, text) => {
    const summary = recounted(older(statuses, 2));
    expect([summary.status, countsText(summary)]).toEqual([status, text]);
  });

  it('nor is a run that was ended before its decisions', () => {
    const end = (code: ErrorCode) =>
      failedBeforeDecisions({ ...about, error: failure(code), now: new Date() }).status;
    expect([end('CANCELLED'), end('SOURCE_UNREACHABLE')]).toEqual(['cancelled', 'failed']);
  });
});
