import { describe, expect, it } from 'vitest';
import { signatureSchema } from '../../../../src/pipeline/objects/signature.ts';
import { signature } from '../../../support/samples.ts';

describe('signatureSchema', () => {
  const { fingerprint: _, ...older } = signature();
  it.each<[string, object]>([
    ['one of before there were checksums', older],
    ['one with everything', signature({ fingerprint: '3:12:34' })],
    ['one of a server that tells little', signature({ storage: null, createTime: null })],
  ])('takes %s', (_name, given) => {
    expect(signatureSchema.safeParse(given).success).toBe(true);
  });

  it.each<[string, object]>([
    ['a boot that is no time', { bootEpoch: 'yesterday' }],
    ['a server of no kind', { server: 'prod' }],
    ['a hash that is none', { columns: 'id, nome' }],
    ['a storage that is none', { storage: '' }],
    ['a stamp that no server prints', { updateTime: { state: 'known', at: 'today' } }],
    ['a state that is both', { updateTime: { state: 'unwritten_since_boot', at: '2026-01-02 00:00:00' } }],
    ['a known stamp without a time', { updateTime: { state: 'known', at: null } }],
    ['a checksum that is none', { fingerprint: 'equal' }],
    ['a part that is not known', { colour: 'blue' }],
    ['another version', { version: 2 }],
  ])('refuses %s, as nobody but a hand can have written it', (_name, changes) => {
    expect(signatureSchema.safeParse({ ...signature(), ...changes }).success).toBe(false);
  });
});
