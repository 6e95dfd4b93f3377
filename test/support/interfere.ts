import type { Queue } from 'bullmq';
import type { FakeService } from './fake-service.ts';

/** What works until somebody stops it, and ends with that signal's reason. */
export function untilStopped({ signal }: { signal: AbortSignal }): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

/** Does something before a queue's jobs are added, each time. */
export function beforeAdding(queue: Queue, act: () => unknown): void {
  const addBulk = queue.addBulk.bind(queue);
  queue.addBulk = async (jobs) => {
    await act();
    return addBulk(jobs);
  };
}

/**
 * Somebody makes something else of an object that is in the bucket: `text` is told what it held.
 */
export function alterObject(
  { bucket }: Pick<FakeService, 'bucket'>,
  name: string,
  text: (held: Record<string, unknown>) => string,
): void {
  const found = bucket.objects.get(name);
  if (!found) throw new Error(`${name} is not there`);
  const bytes = Buffer.from(text(JSON.parse(String(found.bytes))));
  bucket.objects.set(name, { bytes, generation: found.generation + 1 });
}
