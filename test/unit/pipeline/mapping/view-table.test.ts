import { describe, expect, it } from 'vitest';
import type { TableRules } from '../../../../src/pipeline/mapping/verify-settings.ts';
import { viewTable } from '../../../../src/pipeline/mapping/view-table.ts';
import { failure, signature, sourceColumn } from '../../../support/samples.ts';

const { config: _, ...unconfigured } = signature();
const table = {
  ...{ schema: 's', table: 't', storageEngine: 'InnoDB', comment: '', primaryKey: ['c'], isLocked: false },
  ...{ rowsEstimate: 1, bytesEstimate: 1, avgRowLength: 1, signature: unconfigured },
  columns: [sourceColumn()],
  destination: { dataset: 's', table: 't' },
};
const refusal = failure('SOURCE_BUSY', 'locked');
const view = (rules: TableRules = {}, told: Parameters<typeof viewTable>[2]['refusal'] = null) =>
  viewTable(
    table,
    { rulesFor: () => rules, maskKey: null, engine: 'dataproc', directMaxBytes: 0 },
    { flavour: 'mysql', refusal: told },
  );

describe('viewTable', () => {
  it('gives mapping, table options and signature of a table in one look', () => {
    expect(view()).toMatchObject({
      columns: [{ name: 'c', bigqueryType: 'INT64' }],
      refusal: null,
      signature: { ...unconfigured, config: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('gives no columns of a table that is refused, and the same hash of its configuration', () => {
    expect(view({}, refusal)).toMatchObject({ columns: [], refusal });
    expect(view({}, refusal).signature).toEqual(view().signature);
    expect(view({ columns: { c: { exclude: true } } }, refusal).refusal).toEqual(refusal);
    expect(view({ columns: { c: { exclude: true } } }).refusal).toMatchObject({ code: 'NO_COLUMN_LEFT' });
  });

  it('takes a checksum where the rules want one and no column is masked by HMAC', () => {
    const fingerprint = 'checksum';
    expect(view().takesFingerprint).toBe(false);
    expect(view({ fingerprint }).takesFingerprint).toBe(true);
    const masked = { fingerprint, columns: { c: { mask: { kind: 'hmac' } } } } as const;
    expect(view(masked).takesFingerprint).toBe(false);
  });
});
