import type { Reason } from '../names/index.ts';
import type { LastPublished } from '../ports/index.ts';
import { processGrant, type ServerFacts } from '../source/index.ts';
import { UNKNOWN_REASONS } from './decision.ts';

/** What a person should know beside the reason, in one line; null where the reason says it all. */
export function noteOf(input: {
  reason: Reason;
  last: LastPublished | null;
  wantsFingerprint: boolean;
  /** False where one is wanted and may not be taken. */
  takesFingerprint: boolean;
  server: Pick<ServerFacts, 'seesStorage' | 'user'>;
}): string | null {
  const { reason, last, wantsFingerprint, takesFingerprint, server } = input;
  if (last && !last.signature)
    return `History of run ${last.runId} holds a signature that cannot be read: treated as never loaded.`;
  if (reason === 'unknown_no_signal' && !server.seesStorage)
    return `The server shows its tablespaces only to who has PROCESS, and without them every table loads each night: ${processGrant(server)}`;
  if (!wantsFingerprint || !UNKNOWN_REASONS.has(reason)) return null;
  if (!takesFingerprint)
    return 'fingerprint: checksum does nothing here: no checksum is taken of a table with a column masked by hmac.';
  if (last?.signature?.fingerprint === null)
    return `fingerprint: checksum has nothing to compare with: the load of run ${last.runId} took none (the rule is newer, or a row is longer than max_allowed_packet).`;
  return null;
}
