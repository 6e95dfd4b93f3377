import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptName,
  dataprocJobId,
  dataprocRequestId,
  jobLabels,
  loadName,
  manualRunName,
  objectNames,
  publishJobId,
  scheduledRunName,
  sha256Hex,
} from '../../../../src/pipeline/names/index.ts';

const identifier = fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' });

describe('names', () => {
  it('derives a run from its slot', () => {
    expect(scheduledRunName(new Date('2026-11-22T06:00:00.000Z'))).toBe('20261122T060000Z');
    expect(manualRunName(new Date('2026-11-22T06:00:00.999Z'), 'beef')).toBe('manual-20261122T060000Z-beef');
  });

  it('makes every outside name of any table fit the rules of Dataproc, BigQuery and labels', () => {
    fc.assert(
      fc.property(identifier, identifier, fc.integer({ min: 1, max: 99 }), (schema, table, attemptNumber) => {
        const sourceId = 'a'.repeat(20);
        const runId = manualRunName(new Date(), 'ffff');
        const loadId = loadName(runId, { schema, table });
        const attemptId = attemptName(loadId, attemptNumber);
        expect(dataprocJobId(sourceId, attemptId)).toMatch(/^[A-Za-z0-9_-]{1,100}$/);
        expect(publishJobId({ sourceId, attemptId, publishNumber: 3 })).toMatch(/^[A-Za-z0-9_-]{1,1024}$/);
        expect(loadId).not.toMatch(/:|^\d+$/);
        const labels = jobLabels({ sourceId, runId, loadId, attemptNumber, specSha256: sha256Hex('x') });
        for (const value of Object.values(labels)) expect(value).toMatch(/^[a-z0-9_-]{1,63}$/);
      }),
    );
  });

  it('keeps tables apart that differ only in case, accent or where the dot is', () => {
    const names = [
      { schema: 'a', table: 'b_c' },
      { schema: 'a_b', table: 'c' },
      { schema: 'A', table: 'b_c' },
      { schema: 'á', table: 'b_c' },
    ].map((table) => loadName('r', table));
    expect(new Set(names).size).toBe(names.length);
  });

  it('gives a Dataproc submission the same request id each time, of at most 40 characters', () => {
    expect(dataprocRequestId('x')).toBe(dataprocRequestId('x'));
    expect(dataprocRequestId('x')).toHaveLength(32);
  });

  it('puts objects where docs/crash-safety.md says', () => {
    const names = objectNames('main');
    expect([
      names.installation,
      names.tables('R'),
      names.load('R', 'L'),
      names.summary('R'),
      names.spec('A'),
      names.data('A'),
      names.manifest('A'),
      names.attemptError('A'),
      names.code('h', 'f.py'),
    ]).toEqual([
      'main/installation.json',
      'main/runs/R/tables.json',
      'main/runs/R/loads/L.json',
      'main/runs/R/summary.json',
      'main/stage/A/spec.json',
      'main/stage/A/data/',
      'main/stage/A/manifest.json',
      'main/stage/A/error.json',
      'main/code/h/f.py',
    ]);
  });
});
