import { objectNames } from '../pipeline/names/index.ts';
import type { RequestObject } from '../pipeline/objects/index.ts';
import { type Bucket, createObject } from '../pipeline/ports/index.ts';
import { addRun, type Queues } from './queues.ts';

/**
 * Asks for a run: `request.json` into the bucket, then its job into the queue. Should Redis be lost
 * in between, or later, the run is put back into the queue from the bucket. The same run twice is
 * one.
 */
export async function requestRun(
  { queues, bucket }: { queues: Queues; bucket: Bucket },
  request: Omit<RequestObject, 'version'>,
): Promise<void> {
  const name = objectNames(request.sourceId).request(request.runId);
  const isNew = await createObject(bucket, name, { version: 1, ...request });
  try {
    await addRun(queues, request);
  } catch (error) {
    // Who is told that it failed asks again: the run must not come back by itself beside that one.
    if (isNew) await bucket.remove([name]).catch(() => undefined);
    throw error;
  }
}
