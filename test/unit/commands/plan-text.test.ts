import { describe, expect, it } from 'vitest';
import { type PlannedTable, planText } from '../../../src/commands/plan-text.ts';
import { lastLoadOf } from '../../../src/pipeline/history/last-load.ts';
import type { HistoryRow } from '../../../src/pipeline/objects/history-row.ts';
import { failure, historyRow } from '../../support/samples.ts';

const NOW = new Date('2026-01-03T03:00:00Z');
const failed = (changes: Partial<HistoryRow>) =>
  lastLoadOf(
    historyRow({
      status: 'failed',
      ended_at: '2026-01-03T00:00:00.000Z',
      attempts: 1,
      error_message: 'm',
      ...changes,
    }),
  );
const planned = (name: string, changes: Partial<PlannedTable> = {}): PlannedTable => ({
  decided: {
    schema: 's',
    table: name,
    decision: 'load',
    reason: 'never_loaded',
    loadId: `plan-${name}`,
    destination: { dataset: 's', table: name },
    storageEngine: 'InnoDB',
    rowsEstimate: 1,
    bytesEstimate: 1,
    engine: 'dataproc',
    engineReason: 'setting',
    lastPublishedAt: null,
    note: null,
    signature: null,
  },
  refusal: null,
  lastLoad: null,
  order: 1,
  ...changes,
});
const text = (...tables: PlannedTable[]) => planText(tables, { cost: null, gone: [] }, NOW);

describe('how the last load ended', () => {
  it.each<[string, Partial<HistoryRow>, { isPermanent: boolean; costsJobAgain: boolean }]>([
    [
      'a value broke a policy',
      { error_code: 'POLICY_VIOLATION' },
      { isPermanent: true, costsJobAgain: true },
    ],
    [
      'the same, read by a worker',
      { error_code: 'POLICY_VIOLATION', engine: 'direct' },
      { isPermanent: true, costsJobAgain: false },
    ],
    ['the guard stopped it', { error_code: 'SHRUNK_TOO_MUCH' }, { isPermanent: true, costsJobAgain: true }],
    [
      'it was refused at once',
      { error_code: 'UNSUPPORTED_TYPE', attempts: 0 },
      { isPermanent: true, costsJobAgain: false },
    ],
    ['it took too long', { error_code: 'REMOTE_DEADLINE' }, { isPermanent: false, costsJobAgain: false }],
    [
      'a person cancelled it',
      { status: 'cancelled', error_code: 'CANCELLED' },
      { isPermanent: false, costsJobAgain: false },
    ],
    ['a code of another version', { error_code: 'NEW_CODE' }, { isPermanent: false, costsJobAgain: false }],
    ['it was loaded', { status: 'loaded', error_code: null }, { isPermanent: false, costsJobAgain: false }],
  ])('%s', (_, changes, expected) => {
    expect(failed(changes)).toMatchObject(expected);
  });
});

describe('the plan for people', () => {
  it('says of a failed load where it failed, and what is published all the same', () => {
    const lastLoad = failed({ error_code: 'POLICY_VIOLATION', attempts: 2 });
    const { decided } = planned('t');
    const lastPublishedAt = '2026-01-01T03:00:00.000Z';
    expect(text(planned('t', { lastLoad, decided: { ...decided, lastPublishedAt } }))).toMatch(
      /s\.t .*failed 3 h 0 min ago, attempt 2: POLICY_VIOLATION; published 2 d 0 h ago/,
    );
    const early = failed({ error_code: 'PARTITIONING_DIFFERS', attempts: 0 });
    expect(text(planned('t', { lastLoad: early }))).toContain(
      'failed 3 h 0 min ago, before an attempt: PARTITIONING_DIFFERS',
    );
  });

  it('says who would read a table and why, of loads alone', () => {
    const { decided } = planned('t');
    const small = { ...decided, engine: 'direct', engineReason: 'small' } as const;
    expect(text(planned('t', { decided: small }))).toMatch(
      /s\.t +load +never_loaded +1 +1 B +direct \(small\) /,
    );
    expect(text(planned('t', { decided: small, order: null }))).not.toContain('direct');
  });

  it('says what a permanent failure will cost again', () => {
    const said = text(
      planned('a', { lastLoad: failed({ error_code: 'POLICY_VIOLATION' }) }),
      planned('b', { lastLoad: failed({ error_code: 'PARTITIONING_DIFFERS', attempts: 0 }), order: 2 }),
      planned('c', { lastLoad: failed({ error_code: 'REMOTE_DEADLINE' }), order: 3 }),
    );
    expect(said).toMatch(
      /2 tables failed last time for a reason that does not pass by itself, and would cost 1 Dataproc job again:\n {2}s\.a: POLICY_VIOLATION: m \(.*\)\n {2}s\.b: PARTITIONING_DIFFERS: m \(.*\)$/,
    );
  });

  it('does not call a refused table a load, nor warn of what it will cost', () => {
    const refusal = failure('UNSUPPORTED_TYPE', 'no mapping');
    const lastLoad = failed({ error_code: 'UNSUPPORTED_TYPE', attempts: 0 });
    const said = text(planned('t', { refusal, lastLoad, order: null }));
    expect(said).toMatch(
      /s\.t +refused +never_loaded .* UNSUPPORTED_TYPE: no mapping\n0 of 1 table would be loaded \(0 B\), 1 refused\.$/,
    );
  });
});
