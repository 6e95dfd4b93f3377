import type { TableRef } from '../names/index.ts';
import type { PausesObject } from '../objects/index.ts';
import type { Bucket } from '../ports/index.ts';
import { changePauses, pause, resume } from '../verify/index.ts';

interface Where {
  bucket: Bucket;
  sourceId: string;
}

/**
 * Keeps tables, or everything, from being loaded until they are resumed. Returns all that is paused
 * then.
 */
export function pauseTables(
  what: readonly TableRef[] | 'all',
  { bucket, sourceId, now }: Where & { now(): Date },
): Promise<PausesObject> {
  return changePauses(bucket, sourceId, (before) => pause(before, what, now()));
}

/** Ends a pause; `all` ends every one. Returns all that is paused then. */
export function resumeTables(
  what: readonly TableRef[] | 'all',
  { bucket, sourceId }: Where,
): Promise<PausesObject> {
  return changePauses(bucket, sourceId, (before) => resume(before, what));
}
