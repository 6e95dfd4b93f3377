import { describe, expect, it } from 'vitest';
import { oneRowAKey } from '../../../../src/pipeline/objects/history-row.ts';
import { historyRow } from '../../../support/samples.ts';

describe('oneRowAKey', () => {
  it('keeps `loaded` over anything, then more attempts, then the later row', () => {
    const failed = historyRow({ status: 'failed', attempts: 5 });
    const loaded = historyRow({ status: 'loaded', attempts: 1 });
    const later = historyRow({ status: 'failed', attempts: 5, error_message: 'later' });
    expect(oneRowAKey([loaded, failed])).toEqual([loaded]);
    expect(oneRowAKey([failed, loaded])).toEqual([loaded]);
    expect(oneRowAKey([failed, later])).toEqual([later]);
    expect(oneRowAKey([failed, historyRow({ table_name: 'other' })])).toHaveLength(2);
  });
});
