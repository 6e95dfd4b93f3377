import { describe, expect, it } from 'vitest';
import { REASONS } from '../../../../src/pipeline/names/reasons.ts';
import type { Signature, UpdateTime } from '../../../../src/pipeline/objects/signature.ts';
import { signatureSchema } from '../../../../src/pipeline/objects/signature.ts';
import type { LastPublished } from '../../../../src/pipeline/ports/history.ts';
import { areProvenEqual, type DecisionFacts, decide } from '../../../../src/pipeline/verify/decision.ts';
import { stalenessOf } from '../../../../src/pipeline/verify/staleness.ts';
import { signature } from '../../../support/samples.ts';
import { contradict, documentedChecks, mergeDeep } from '../../../support/verify-page.ts';

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
    isFingerprintEqual: null,
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
  [
    'a signature of history that cannot be read',
    facts({ last: last({ signature: null }) }),
    'load',
    'never_loaded',
  ],
  ['destination gone', facts({ destination: null }), 'load', 'destination_missing'],
  ['configuration changed', now({ config: 'other' }), 'load', 'changed_config'],
  ['columns changed', now({ columns: 'other' }), 'load', 'changed_columns'],
  [
    'locked at the last look, which tells of its columns less',
    now({ ...unknown('locked', null), columns: 'other' }),
    'load',
    'unknown_locked',
  ],
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

describe('the table of docs/verify.md', () => {
  const checks = documentedChecks();
  const decided = (changes: unknown) => decide(factsOf(changes));

  it('is read whole and numbered', () => {
    expect(checks.map(({ number }) => number)).toEqual(checks.map((_, index) => index + 1));
    expect(
      new Set([
        ...checks.map(({ reason }) => reason),
        'unchanged_fingerprint',
        'restored',
        'gone_from_listing',
      ]),
    ).toEqual(new Set(Object.keys(REASONS)));
  });

  it.each(checks)('$number $reason: $decision', ({ decision, reason, facts: changes }) => {
    expect(decided(changes)).toEqual({ decision, reason });
  });

  it.each(checks)('$number $reason wins over everything below it', (upper) => {
    for (const lower of checks.slice(upper.number)) {
      if (contradict(upper.facts, lower.facts)) continue;
      const both = mergeDeep(lower.facts, upper.facts);
      expect({ with: lower.reason, ...decided(both) }).toMatchObject({ reason: upper.reason });
    }
  });
});

describe('each component of the signature', () => {
  const components = Object.keys(signatureSchema.shape).filter(
    (key) => key !== 'version' && key !== 'fingerprint',
  );
  const checks = documentedChecks();

  it.each(components)(
    '%s alone makes a table load, and without it the table would be skipped',
    (component) => {
      const alone = checks.filter(({ facts: { signature: changes } }) => {
        const keys = Object.keys(changes ?? {});
        return keys.length === 1 && keys[0] === component;
      });
      expect(alone.length).toBeGreaterThan(0);
      for (const { facts: changes } of alone) {
        const given = factsOf(changes);
        expect(decide(given).decision).toBe('load');
        const blind = { ...given.signature, [component]: signature()[component as keyof Signature] };
        expect(decide({ ...given, signature: blind }).decision).toBe('skip');
      }
    },
  );
});

/** What differs, laid over an untouched table; `now` is text in the page. */
function factsOf(changes: unknown): DecisionFacts {
  const merged = mergeDeep(facts(), changes);
  return { ...merged, now: new Date(merged.now) };
}

describe('a checksum', () => {
  const restarted = { signature: signature({ bootEpoch: '2000' }) };

  it('that is equal answers what is unknown', () => {
    expect(decide(facts({ ...restarted, isFingerprintEqual: true }))).toEqual({
      decision: 'skip',
      reason: 'unchanged_fingerprint',
    });
  });

  it('that differs, or was not taken, answers nothing', () => {
    for (const isFingerprintEqual of [false, null])
      expect(decide(facts({ ...restarted, isFingerprintEqual })).reason).toBe('unknown_restart');
  });

  it('says nothing about the destination, or about age', () => {
    const equal = { ...restarted, isFingerprintEqual: true };
    expect(decide(facts({ ...equal, destination: { rows: 4, lastModified: MODIFIED } })).reason).toBe(
      'destination_differs',
    );
    expect(decide(facts({ ...equal, now: new Date('2026-02-01T00:00:00Z') })).reason).toBe('stale');
  });
});

describe('stalenessOf', () => {
  const week = 7 * DAY_MS;
  const ages = Array.from({ length: 200 }, (_, n) => stalenessOf({ schema: 's', table: `t${n}` }, week));

  it('is never more than maxStaleness, and the same in every run', () => {
    expect(Math.max(...ages)).toBeLessThanOrEqual(week);
    expect(stalenessOf({ schema: 's', table: 't7' }, week)).toBe(ages[7]);
  });

  it('spreads tables over the nights before', () => {
    const nights = new Set(ages.map((age) => Math.floor(age / DAY_MS)));
    expect([...nights].sort()).toEqual([4, 5, 6]);
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
