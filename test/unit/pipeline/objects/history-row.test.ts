import { describe, expect, it } from 'vitest';
import { newestPerKey } from '../../../../src/pipeline/objects/history-row.ts';
import { historyRow } from '../../../support/samples.ts';

describe('newestPerKey', () => {
  it('keeps `loaded` over anything, then more attempts, then the later row', () => {
    const failed = historyRow({ status: 'failed', attempts: 5 });
    const loaded = historyRow({ status: 'loaded', attempts: 1 });
    const later = historyRow({ status: 'failed', attempts: 5, error_message: 'later' });
    expect(newestPerKey([loaded, failed])).toEqual([loaded]);
    expect(newestPerKey([failed, loaded])).toEqual([loaded]);
    expect(newestPerKey([failed, later])).toEqual([later]);
    expect(newestPerKey([failed, historyRow({ table_name: 'other' })])).toHaveLength(2);
  });
});
