import { describe, expect, it } from 'vitest';
import { type ListedJob, writerOf } from '../../../../src/adapters/bigquery/other-writers.ts';
import { stampWithin } from '../../../../src/pipeline/load/publish/own-stamp.ts';
import type { OtherWriters } from '../../../../src/pipeline/ports/destination.ts';
import { setUpLoad } from '../../../support/load-set-up.ts';

const [since, endedAt] = ['2026-01-02T03:04:50.000Z', '2026-01-02T03:05:00.000Z'];
const later = (ms: number) => new Date(Date.parse(endedAt) + ms).toISOString();

describe("a table's time of change", () => {
  it.each([
    [later(-10_001), 'foreign'],
    [later(-10_000), 'within'],
    [later(-300), 'within'],
    [endedAt, 'within'],
    [later(1), 'behind'],
    [later(1_000), 'behind'],
    [later(1_001), 'foreign'],
    [later(9_000), 'foreign'],
  ])('%s of a job that ended at 03:05:00: %s', (lastModified, is) => {
    expect(stampWithin({ facts: { lastModified, hasStreamingBuffer: false }, since, endedAt })).toBe(is);
  });

  it('is never our own where rows were streamed', () => {
    expect(stampWithin({ facts: { lastModified: endedAt, hasStreamingBuffer: true }, since, endedAt })).toBe(
      'foreign',
    );
  });
});

describe('what is recorded as the state after our own publish', () => {
  const END = '2026-01-02T03:05:00.000Z';
  const recorded = async (change: { ms: number; others?: OtherWriters; isStreamed?: boolean }) => {
    const { run, destination } = setUpLoad();
    destination.others = change.others ?? 'none';
    const { describe: look } = destination;
    destination.describe = async (ref) => {
      const found = await look(ref);
      const lastModified = new Date(Date.parse(END) + change.ms).toISOString();
      return found && { ...found, lastModified, hasStreamingBuffer: change.isStreamed ?? false };
    };
    const outcome = await run();
    return outcome.outcome === 'loaded' ? outcome.row.destination_modified : outcome;
  };
  it.each<[string, Parameters<typeof recorded>[0], boolean]>([
    ['nothing else happened', { ms: 0 }, true],
    ['a person wrote 5 s later', { ms: 5_000 }, false],
    ['a scheduled query wrote 1.5 s later', { ms: 1_500, others: 'named' }, false],
    ['another job wrote to it in the same moment', { ms: 0, others: 'named' }, false],
    ['rows were streamed into it', { ms: 0, isStreamed: true }, false],
    ["BigQuery's clock lies a little behind, and nobody else was at work", { ms: 40 }, true],
    [
      "BigQuery's clock lies a little behind, and somebody may have been",
      { ms: 40, others: 'hidden' },
      false,
    ],
    [
      "BigQuery's clock lies a little behind, and the list of jobs may not be read",
      { ms: 40, others: 'untold' },
      false,
    ],
    [
      'the list of jobs may not be read, and nothing points to anybody else',
      { ms: 0, others: 'untold' },
      true,
    ],
    ['some procedure was called meanwhile', { ms: 0, others: 'hidden' }, true],
  ])('where %s', async (_, change, isOwn) => {
    const modified = await recorded(change);
    expect(modified).toBe(isOwn ? new Date(Date.parse(END) + change.ms).toISOString() : null);
  });
});

describe('a job of somebody else', () => {
  const table = { dataset: 'escola', table: 'notas' };
  const query = (text: string, more: object = {}): ListedJob => ({
    jobReference: { jobId: 'x' },
    configuration: { query: { query: text, ...more } },
    statistics: { endTime: '2000' },
  });
  const target = { datasetId: 'escola', tableId: 'notas' };
  it.each<[string, ListedJob, 'none' | 'named' | 'hidden']>([
    [
      'loads it',
      { jobReference: { jobId: 'x' }, configuration: { load: { destinationTable: target } } },
      'named',
    ],
    [
      'copies over it',
      { jobReference: { jobId: 'x' }, configuration: { copy: { destinationTable: target } } },
      'named',
    ],
    [
      'loads another',
      {
        jobReference: { jobId: 'x' },
        configuration: { load: { destinationTable: { ...target, tableId: 'n' } } },
      },
      'none',
    ],
    ['writes its result there', query('SELECT 1', { destinationTable: target }), 'named'],
    ['changes it', query('UPDATE `p.Escola.notas` SET a = 1 WHERE true'), 'named'],
    [
      'changes it by its default dataset',
      query('DELETE FROM notas WHERE true', { defaultDataset: { datasetId: 'escola' } }),
      'named',
    ],
    ['changes one of that name elsewhere', query('DELETE FROM x.notas WHERE true'), 'none'],
    ['reads it', query('  select * from escola.notas'), 'none'],
    ['is a script that names it', query('DECLARE x INT64; DELETE FROM escola.notas WHERE true'), 'named'],
    ['calls a procedure', query('CALL admin.nightly()'), 'hidden'],
  ])('%s', (_, job, is) => {
    expect(writerOf(job, table, 1_000)).toBe(is);
    // What had ended before our job began cannot have come after it.
    const isOver = job.statistics?.endTime !== undefined;
    expect(writerOf(job, table, 3_000)).toBe(isOver ? 'none' : is);
  });
});
