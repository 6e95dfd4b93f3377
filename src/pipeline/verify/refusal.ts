import { ERROR_KINDS } from '../errors/index.ts';
import type { Refusal } from '../objects/index.ts';

/**
 * Whether a table cannot be loaded as it is; one that was only locked at the look has a load that
 * looks again.
 */
export function isLasting(refusal: Refusal | null): refusal is Refusal {
  return refusal !== null && !ERROR_KINDS[refusal.code].isTransient;
}
