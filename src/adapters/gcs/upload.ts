import type { FileMetadata, Bucket as GcsBucket } from '@google-cloud/storage';
import { crc32c } from '@node-rs/crc32';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { Bucket, ObjectFacts } from '../../pipeline/ports/index.ts';
import { type RetrySettings, withRetry } from '../retry.ts';
import { beginBlocks } from './blocks.ts';
import { classify, statusOf } from './client.ts';
import type { HttpCall } from './http-call.ts';
import { crcText, toFacts } from './object-facts.ts';

/**
 * What fits is one call. What does not is sent in blocks of this size, each of which can be sent
 * again; Cloud Storage wants multiples of 256 KiB.
 */
const BLOCK_BYTES = 4 * 1024 * 1024;

type Upload = Parameters<Bucket['upload']>[0];

interface Uploading {
  bucket: GcsBucket;
  retry: RetrySettings | undefined;
  httpCall: HttpCall;
  /** Memory of blocks that are sent, for the uploads that come. */
  spare: Buffer[];
}

/** What has been taken of an upload's chunks so far. */
interface Taken {
  bytes: number;
  crc: number;
  hasEnded: boolean;
  /** What the chunks threw. */
  failure: unknown;
}

/** `Bucket.upload`: what Cloud Storage tells of the object is held against what was sent. */
export async function upload(object: Upload, uploading: Uploading): Promise<ObjectFacts> {
  const { bucket } = uploading;
  const { name, signal } = object;
  const taken: Taken = { bytes: 0, crc: 0, hasEnded: false, failure: null };
  try {
    const metadata = await send(object, taken, uploading);
    if (metadata) return check(bucket, toFacts({ name, metadata }), taken);
  } catch (error) {
    signal.throwIfAborted();
    if (taken.failure !== null) throw taken.failure;
    // It may be there all the same: then its answer was lost.
    const facts = taken.hasEnded ? await look(bucket, name).catch(() => null) : null;
    if (facts && isSame(facts, taken)) return facts;
    throw error instanceof LoadError ? error : classify(error, bucket.name);
  }
  const facts = await look(bucket, name).catch((error) => {
    throw classify(error, bucket.name);
  });
  return check(bucket, facts, taken);
}

/** What Cloud Storage says of the object at its end; null where the name was there already. */
async function send(object: Upload, taken: Taken, uploading: Uploading): Promise<FileMetadata | null> {
  const blocks = inBlocks(take(object.chunks, taken), uploading.spare);
  const first = await blocks.next();
  object.signal.throwIfAborted();
  const block = first.done ? Buffer.alloc(0) : first.value;
  if (taken.hasEnded) return sendWhole(object, block, uploading);
  const begun = await beginBlocks({ ...object, ...uploading });
  let metadata = begun && (await begun.send(block, false));
  // Where there is none, its bytes and checksum tell it from what is there: all are taken.
  for await (const next of blocks) metadata = begun && (await begun.send(next, taken.hasEnded));
  return metadata;
}

function sendWhole(
  { name, contentType, signal }: Upload,
  bytes: Buffer,
  { bucket, retry }: Uploading,
): Promise<FileMetadata | null> {
  const file = bucket.file(name);
  const options = { contentType, validation: false, resumable: false };
  return withRetry(
    async () => {
      try {
        await file.save(bytes, { ...options, preconditionOpts: { ifGenerationMatch: 0 } });
        return file.metadata;
      } catch (error) {
        if (statusOf(error) === 412) return null;
        throw error;
      }
    },
    (error) => classify(error, bucket.name),
    { signal, settings: retry },
  );
}

async function look(bucket: GcsBucket, name: string): Promise<ObjectFacts> {
  const [metadata] = await bucket.file(name).getMetadata();
  return toFacts({ name, metadata });
}

function isSame(facts: ObjectFacts, taken: Taken): boolean {
  return facts.bytes === taken.bytes && facts.crc32c === crcText(taken.crc);
}

function check(bucket: GcsBucket, facts: ObjectFacts, taken: Taken): ObjectFacts {
  if (isSame(facts, taken)) return facts;
  const held = `${facts.bytes} bytes with the CRC-32C ${facts.crc32c}`;
  const message = `gs://${bucket.name}/${facts.name} holds ${held}; sent were ${taken.bytes} with ${crcText(taken.crc)}.`;
  throw new LoadError('STAGE_INCOMPLETE', message, { context: { name: facts.name } });
}

async function* take(chunks: AsyncIterable<Buffer>, taken: Taken): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      taken.bytes += chunk.length;
      taken.crc = crc32c(chunk, taken.crc);
      yield chunk;
    }
    taken.hasEnded = true;
  } catch (error) {
    taken.failure = error;
    throw error;
  }
}

/**
 * The chunks as blocks, each in the memory of the one before: it must have been sent by then. The
 * last is shorter, and there is none of no byte.
 */
async function* inBlocks(chunks: AsyncGenerator<Buffer>, spare: Buffer[]): AsyncGenerator<Buffer> {
  let block = spare.pop() ?? Buffer.alloc(0);
  let at = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      if (at === BLOCK_BYTES) {
        yield block;
        at = 0;
      }
      if (block.length < BLOCK_BYTES && at + chunk.length - from > block.length)
        block = grown(block.subarray(0, at), chunk.length - from);
      const part = chunk.subarray(from, from + block.length - at);
      block.set(part, at);
      from += part.length;
      at += part.length;
    }
  }
  if (at > 0) yield block.subarray(0, at);
  if (block.length === BLOCK_BYTES) spare.push(block);
}

/** A small object has no use for a whole block. */
function grown(block: Buffer, more: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(
    Math.min(BLOCK_BYTES, Math.max(2 * block.length, block.length + more)),
  );
  larger.set(block);
  return larger;
}
