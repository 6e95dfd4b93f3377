import type { z } from 'zod';
import { LoadError, newerVersion } from '../errors/index.ts';
import type { Bucket } from './bucket.ts';

const TRIES = 5;

/**
 * Reads and checks a JSON object of the bucket; null if it is not there. Throws `OBJECT_INVALID` or
 * `NEWER_VERSION`.
 */
export async function readObject<T>(
  bucket: Bucket,
  name: string,
  schema: z.ZodType<T>,
): Promise<{ value: T; bytes: Buffer; generation: string } | null> {
  const found = await bucket.read(name);
  if (!found) return null;
  return { value: parseObject({ name, bytes: found.bytes, schema }), ...found };
}

/** Creates a JSON object once. False if it was there already. */
export async function createObject(bucket: Bucket, name: string, value: unknown): Promise<boolean> {
  return bucket.create({ name, bytes: jsonBytes(value), contentType: 'application/json' });
}

/**
 * Writes a JSON object as it was read: `generation` is null where it was not there. False where
 * somebody else was first.
 */
export async function writeObject(
  bucket: Bucket,
  { name, generation, value }: { name: string; generation: string | null; value: unknown },
): Promise<boolean> {
  if (generation === null) return createObject(bucket, name, value);
  return bucket.replace({ name, bytes: jsonBytes(value), contentType: 'application/json', generation });
}

/** Others changed the object at each of our tries. */
export function keptChanging(name: string, tries: number): LoadError {
  return new LoadError('STAGE_UNAVAILABLE', `${name} kept changing; gave up after ${tries} tries.`);
}

/**
 * Changes a JSON object of a fixed name against its generation: two people at once lose nothing.
 * `empty` is what it says where it is not there. Throws `STAGE_UNAVAILABLE` where it kept changing.
 */
export async function changeObject<T>(
  bucket: Bucket,
  object: { name: string; schema: z.ZodType<T>; empty: T },
  change: (before: T) => T,
): Promise<T> {
  const { name, schema, empty } = object;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const found = await readObject(bucket, name, schema);
    const changed = change(found?.value ?? empty);
    const generation = found?.generation ?? null;
    if (await writeObject(bucket, { name, generation, value: changed })) return changed;
  }
  throw keptChanging(name, TRIES);
}

/** The bytes an object is stored as: JSON that people can read. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

function parseObject<T>({ name, bytes, schema }: { name: string; bytes: Buffer; schema: z.ZodType<T> }): T {
  const value = parseJson(name, bytes);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const newer = newerVersion(name, value, parsed.error);
  if (newer) throw newer;
  const first = parsed.error.issues[0];
  throw new LoadError('OBJECT_INVALID', `${name}: ${first?.path.join('.')}: ${first?.message}`, {
    context: { name },
  });
}

function parseJson(name: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new LoadError('OBJECT_INVALID', `${name} is not JSON.`, { context: { name }, cause });
  }
}
