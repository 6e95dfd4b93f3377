import { createHash } from 'node:crypto';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { Bucket } from '../../../src/pipeline/ports/bucket.ts';

interface Stored {
  bytes: Buffer;
  generation: number;
}

/**
 * `Bucket` in memory, for faults and state machines that need no server. `objects` is open to
 * tests.
 */
export function createMemoryBucket(name = 'bucket'): Bucket & { objects: Map<string, Stored> } {
  const objects = new Map<string, Stored>();
  let generation = 0;
  const put = (name: string, bytes: Buffer) => {
    generation += 1;
    objects.set(name, { bytes, generation });
    return true;
  };
  return {
    name,
    objects,
    read: async (name) => {
      const found = objects.get(name);
      return found ? { bytes: found.bytes, generation: String(found.generation) } : null;
    },
    create: async ({ name, bytes }) => (objects.has(name) ? false : put(name, bytes)),
    replace: async ({ name, bytes, generation: expected }) =>
      String(objects.get(name)?.generation) === expected ? put(name, bytes) : false,
    upload: async ({ name, chunks, signal }) => {
      const taken: Buffer[] = [];
      for await (const chunk of chunks) {
        signal.throwIfAborted();
        taken.push(Buffer.from(chunk));
      }
      if (objects.has(name)) throw new LoadError('STAGE_INCOMPLETE', `${name} is there already.`);
      const bytes = Buffer.concat(taken);
      put(name, bytes);
      return { name, bytes: bytes.length, crc32c: digest(bytes), generation: String(generation) };
    },
    crc32c: digest,
    list: async (prefix) =>
      [...objects]
        .filter(([name]) => name.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, stored]) => ({
          name,
          bytes: stored.bytes.length,
          crc32c: digest(stored.bytes),
          generation: String(stored.generation),
        })),
    folders: async (prefix) => {
      const below = [...objects.keys()].filter((name) => name.startsWith(prefix));
      const names = below.flatMap((name) => /^([^/]+)\//.exec(name.slice(prefix.length))?.[1] ?? []);
      return [...new Set(names)].sort();
    },
    exists: async (name) => objects.has(name),
    remove: async (names) => {
      for (const name of names) objects.delete(name);
    },
    readTail: async ({ name }, maxBytes) => objects.get(name)?.bytes.subarray(-maxBytes).toString() ?? null,
    listForeign: async ({ bucket: other, prefix }) =>
      other === name ? [...objects.keys()].filter((name) => name.startsWith(prefix)) : null,
  };
}

/** Stands for the CRC: same bytes, same text. */
function digest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('base64').slice(0, 8);
}
