import { createHash } from 'node:crypto';

/** SHA-256 of text, as hex. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
