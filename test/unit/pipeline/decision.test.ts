import { describe, expect, it } from 'vitest';
import { areProvenEqual, type DecisionFacts, decide } from '../../../src/pipeline/decision.ts';
import type { Signature, UpdateTime } from '../../../src/pipeline/objects/signature.ts';
import type { LastPublished } from '../../../src/pipeline/ports/history.ts';
import { signature } from '../../support/samples.ts';

const MODIFIED = '2026-01-02T04:00:00.000Z';
const DAY_MS = 86_400_000;

function last(changes: Partial<LastPublished> = {}): LastPublished {
  return {
    schema: 's',
    table: 't',
    runId: 'r',
    publishedAt: '2026-01-02T04:00:00.000Z',
    destinationModified: MODIFIED,
    rowsLoaded: 5,
    signature: signature(),
    ...changes,
  };
}

function facts(changes: Partial<DecisionFacts> = {}): DecisionFacts {
  return {
    signature: signature(),
    last: last(),
    destination: { rows: 5, lastModified: MODIFIED },
    isForced: false,
    isLoadingElsewhere: false,
    isExcluded: false,
    isPaused: false,
    now: new Date('2026-01-03T03:00:00.000Z'),
    maxStalenessMs: 7 * DAY_MS,
    ...changes,
  };
}

const unknown = (
  why: Extract<UpdateTime, { state: 'unknown' }>['why'],
  at: string | null = '2026-01-02 00:00:00',
): Partial<Signature> => ({ updateTime: { state: 'unknown', why, at } });
const now = (changes: Partial<Signature>) => facts({ signature: signature(changes) });
const before = (changes: Partial<Signature>) => facts({ last: last({ signature: signature(changes) }) });
const unwritten: Partial<Signature> = { updateTime: { state: 'unwritten_since_boot' } };

const CASES: [name: string, facts: DecisionFacts, decision: string, reason: string][] = [
  ['all equal and known', facts(), 'skip', 'unchanged'],
  [
    'not written since boot, twice',
    facts({ signature: signature(unwritten), last: last({ signature: signature(unwritten) }) }),
    'skip',
    'unchanged',
  ],
  [
    'asked for by a person',
    facts({ isForced: true, isExcluded: true, isLoadingElsewhere: true }),
    'load',
    'forced',
  ],
  ['paused', facts({ isPaused: true }), 'skip', 'paused'],
  ['excluded by a rule', facts({ isExcluded: true }), 'skip', 'excluded'],
  ['being loaded by another run', facts({ isLoadingElsewhere: true }), 'skip', 'already_loading'],
  ['never loaded', facts({ last: null, destination: null }), 'load', 'never_loaded'],
  ['a destination, but no history in the window', facts({ last: null }), 'load', 'stale'],
  ['a signature of history that cannot be read', facts({ last: last({ signature: null }) }), 'load', 'stale'],
  ['destination gone', facts({ destination: null }), 'load', 'destination_missing'],
  ['configuration changed', now({ config: 'other' }), 'load', 'changed_config'],
  ['columns changed', now({ columns: 'other' }), 'load', 'changed_columns'],
  ['another server', now({ server: 'uuid:2' }), 'load', 'unknown_server'],
  ['made again', now({ createTime: '2026-01-03 00:00:00' }), 'load', 'changed_create_time'],
  ['truncated', now({ storage: 'other' }), 'load', 'changed_storage'],
  [
    'written',
    now({ updateTime: { state: 'known', at: '2026-01-02 00:00:01' } }),
    'load',
    'changed_update_time',
  ],
  [
    'stamp going backwards',
    now({ updateTime: { state: 'known', at: '2025-12-31 00:00:00' } }),
    'load',
    'changed_update_time',
  ],
  ['written moments ago', now(unknown('recent', '2026-01-03 00:00:00')), 'load', 'changed_update_time'],
  ['stamp gone under the same boot', now(unwritten), 'load', 'changed_update_time'],
  ['restarted, not written since', now({ ...unwritten, bootEpoch: '2000' }), 'load', 'unknown_restart'],
  ['restarted, all else equal', now({ bootEpoch: '2000' }), 'load', 'unknown_restart'],
  ['evicted', now(unknown('evicted_or_restarted', null)), 'load', 'unknown_evicted'],
  ['evicted at the last load', before(unknown('evicted_or_restarted', null)), 'load', 'unknown_evicted'],
  ['transaction open now', now(unknown('open_transaction')), 'load', 'unknown_open_transaction'],
  [
    'transaction open at the last load',
    before(unknown('open_transaction')),
    'load',
    'unknown_open_transaction',
  ],
  ['unsettled at the last load', before(unknown('recent')), 'load', 'unknown_recent'],
  [
    'no signal',
    facts({
      signature: signature(unknown('no_signal', null)),
      last: last({ signature: signature(unknown('no_signal', null)) }),
    }),
    'load',
    'unknown_no_signal',
  ],
  [
    'no storage identity',
    facts({
      signature: signature({ storage: null }),
      last: last({ signature: signature({ storage: null }) }),
    }),
    'load',
    'unknown_no_signal',
  ],
  [
    'rows deleted in BigQuery',
    facts({ destination: { rows: 4, lastModified: MODIFIED } }),
    'load',
    'destination_differs',
  ],
  [
    'rows updated in BigQuery',
    facts({ destination: { rows: 5, lastModified: '2026-01-02T05:00:00.000Z' } }),
    'load',
    'destination_differs',
  ],
  [
    'destination_modified never known',
    facts({ last: last({ destinationModified: null }) }),
    'load',
    'destination_differs',
  ],
  ['older than maxStaleness', facts({ now: new Date('2026-01-09T04:00:00.000Z') }), 'load', 'stale'],
];

describe('decide', () => {
  it.each(CASES)('%s', (_, given, decision, reason) => {
    expect(decide(given)).toEqual({ decision, reason });
  });
});

describe('areProvenEqual', () => {
  it.each<[string, Partial<Signature>, boolean]>([
    ['equal and known', {}, true],
    ['another stamp', { updateTime: { state: 'known', at: 'x' } }, false],
    ['another boot', { bootEpoch: 'x' }, false],
    ['another server', { server: 'x' }, false],
    ['another create time', { createTime: 'x' }, false],
    ['another storage', { storage: 'x' }, false],
    ['other columns', { columns: 'x' }, false],
    ['no storage identity', { storage: null }, false],
  ])('%s', (_, changes, expected) => {
    expect(areProvenEqual(signature(), signature(changes))).toBe(expected);
  });

  it('never takes two unknown stamps for proof', () => {
    const one = signature(unknown('recent'));
    expect(areProvenEqual(one, one)).toBe(false);
  });
});
