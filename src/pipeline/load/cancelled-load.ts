import { LoadError } from '../errors/index.ts';
import { asArgument, objectNames } from '../names/index.ts';
import {
  type CancelledObject,
  type CancelReason,
  cancelledObjectSchema,
  type LoadObject,
} from '../objects/index.ts';
import { type Bucket, changeObject, readObject } from '../ports/index.ts';

type Of = Pick<LoadObject, 'sourceId' | 'runId' | 'loadId'>;

/** Up to which attempt somebody has cancelled a load, and who; null where nobody has. */
export async function readCancelled(of: Of, bucket: Bucket): Promise<CancelledObject | null> {
  return (await readObject(bucket, nameOf(of), cancelledObjectSchema))?.value ?? null;
}

/**
 * Says in the bucket that a load is cancelled: a job that an older copy of Redis brings back finds
 * it there.
 */
export async function rememberCancelled(
  of: Of,
  { upTo: upToAttempt, reason }: { upTo: number; reason: CancelReason },
  { bucket, now }: { bucket: Bucket; now(): Date },
): Promise<void> {
  const empty = { version: 1 as const, loadId: of.loadId, upToAttempt, reason, at: now().toISOString() };
  const object = { name: nameOf(of), schema: cancelledObjectSchema, empty };
  await changeObject(bucket, object, (before) => ({
    ...before,
    upToAttempt: Math.max(before.upToAttempt, upToAttempt),
  }));
}

/** A cancel that came too late, or a person who wants the stage after all. */
export async function forgetCancelled(of: Of, bucket: Bucket): Promise<void> {
  await bucket.remove([nameOf(of)]);
}

/** The error of a load that was cancelled. */
export function cancelledError(
  { table, runId }: Pick<LoadObject, 'table' | 'runId'>,
  reason: CancelReason,
): LoadError {
  if (reason === 'run deadline')
    return new LoadError('RUN_DEADLINE', `Run ${runId} passed its deadline before the load was over.`);
  return new LoadError('CANCELLED', 'A person cancelled the load.', {
    hint: `Load it again: npm run enqueue -- ${asArgument(table)}`,
  });
}

const nameOf = ({ sourceId, runId, loadId }: Of) => objectNames(sourceId).cancelled(runId, loadId);
