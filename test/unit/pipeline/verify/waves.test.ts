import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../../src/pipeline/names/reasons.ts';
import { unknownCost, unknownLines } from '../../../../src/pipeline/verify/unknown-cost.ts';
import { inLoadOrder } from '../../../../src/pipeline/verify/waves.ts';

const load = (reason: Reason, bytesEstimate: number | null) => ({
  loadId: `${reason}-${bytesEstimate}`,
  decision: 'load' as const,
  reason,
  bytesEstimate,
});
const skip = { loadId: null, decision: 'skip' as const, reason: 'unchanged' as const, bytesEstimate: 1 };

describe('inLoadOrder', () => {
  it('puts what was asked for first, then what differs, then what is unknown or stale; small before large', () => {
    const tables = [
      load('unknown_restart', 5),
      load('stale', 1),
      skip,
      load('changed_update_time', null),
      load('changed_update_time', 9),
      load('unknown_evicted', 3),
      load('forced', 100),
      load('never_loaded', 2),
    ];
    expect(inLoadOrder(tables).map((table) => table.loadId)).toEqual([
      'forced-100',
      'never_loaded-2',
      'changed_update_time-9',
      'changed_update_time-null',
      'stale-1',
      'unknown_evicted-3',
      'unknown_restart-5',
    ]);
  });
});

describe('unknownCost', () => {
  const dictionary = { wanted: 1_700, places: 400, isWhole: true };

  it('is nothing where everything is known', () => {
    expect(unknownCost([skip, load('changed_update_time', 1)], dictionary)).toBeNull();
    expect(unknownLines(null, String)).toEqual([]);
  });

  it('sums tables and bytes by reason, the most frequent first', () => {
    const tables = [
      load('unknown_restart', 5),
      load('unknown_evicted', 3),
      load('unknown_evicted', null),
      skip,
    ];
    const cost = unknownCost([...tables, ...Array(20).fill(skip)], dictionary);
    expect(cost).toEqual({
      reasons: [
        { reason: 'unknown_evicted', tables: 2, bytes: 3 },
        { reason: 'unknown_restart', tables: 1, bytes: 5 },
      ],
      advice: null,
    });
    expect(unknownLines(cost, (bytes) => `${bytes} B`)).toEqual([
      'Loaded without a known change: 2 (3 B) only because of unknown_evicted, 1 (5 B) only because of unknown_restart.',
    ]);
  });

  it('names the cache that would do where more than a fifth was evicted', () => {
    const five = (count: number) => [
      ...Array(count).fill(load('unknown_evicted', 1)),
      ...Array(10 - count).fill(skip),
    ];
    expect(unknownCost(five(2), dictionary)?.advice).toBeNull();
    expect(unknownCost(five(3), dictionary)?.advice).toContain('is 400, 1950 would hold');
    expect(unknownCost(five(3), null)?.advice).toBeNull();
    const shared = { wanted: 300, places: 400, isWhole: false };
    expect(unknownCost(five(3), shared)?.advice).toContain('share a tablespace');
  });
});
