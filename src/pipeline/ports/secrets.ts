import type { SecretRef } from '../objects/index.ts';

/**
 * Reads a secret by its reference, into memory only. Throws `SECRET_DENIED`, `SECRET_MISSING`,
 * `SECRET_UNAVAILABLE`.
 */
export interface Secrets {
  read(reference: SecretRef): Promise<string>;
}
