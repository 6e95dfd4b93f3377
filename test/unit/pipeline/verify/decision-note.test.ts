import { describe, expect, it } from 'vitest';
import type { LastPublished } from '../../../../src/pipeline/ports/history.ts';
import { noteOf } from '../../../../src/pipeline/verify/decision-note.ts';
import { signature } from '../../../support/samples.ts';

const last = (changes: Partial<LastPublished> = {}): LastPublished => ({
  schema: 's',
  table: 't',
  runId: 'r1',
  publishedAt: '2026-01-02T04:00:00.000Z',
  destinationModified: null,
  rowsLoaded: 5,
  signature: signature(),
  ...changes,
});
const server = { seesStorage: true, user: "'adutora'@'%'" };
const asked = {
  reason: 'unknown_restart' as const,
  last: last(),
  wantsFingerprint: true,
  takesFingerprint: true,
  server,
};

describe('noteOf', () => {
  it.each<[string, Partial<Parameters<typeof noteOf>[0]>, RegExp | null]>([
    [
      'a signature that nobody can read',
      { last: last({ signature: null }) },
      /run r1 .* treated as never loaded/,
    ],
    ['a checksum that is asked for and cannot be taken', { takesFingerprint: false }, /masked by hmac/],
    ['a checksum that the last load did not take', {}, /load of run r1 took none/],
    ['a checksum that is there', { last: last({ signature: signature({ fingerprint: '1:2:3' }) }) }, null],
    ['a table that nobody has loaded', { last: null }, null],
    ['a state that is known', { reason: 'changed_update_time' }, null],
    [
      'a server that shows its tablespaces to nobody without PROCESS',
      { reason: 'unknown_no_signal', server: { ...server, seesStorage: false } },
      /has PROCESS.*: GRANT PROCESS ON \*\.\* TO 'adutora'@'%';$/,
    ],
    ['no signal for another reason', { reason: 'unknown_no_signal', wantsFingerprint: false }, null],
    ['no checksum asked for', { wantsFingerprint: false }, null],
  ])('%s', (_, changes, expected) => {
    const note = noteOf({ ...asked, ...changes });
    if (expected === null) expect(note).toBeNull();
    else expect(note).toMatch(expected);
  });
});
