import { EventEmitter } from 'node:events';
import type { File, FileMetadata, Bucket as GcsBucket } from '@google-cloud/storage';
import { crc32c } from '@node-rs/crc32';
import { LoadError } from '../../pipeline/errors/index.ts';
import { type Bucket, mapAtOnce, type ObjectFacts } from '../../pipeline/ports/index.ts';
import { messageOf, withRetry } from '../retry.ts';
import { classify, createStorage, type GcsSettings, statusOf } from './client.ts';
import { createHttpCall } from './http-call.ts';
import { crcText, toFacts } from './object-facts.ts';
import { upload } from './upload.ts';

// The client's download puts eleven listeners on one stream; Node takes more than ten for a leak
// and says so on the terminal.
EventEmitter.defaultMaxListeners = Math.max(EventEmitter.defaultMaxListeners, 20);

const REMOVALS_AT_ONCE = 32;
/** Cloud Storage takes about one write a second of an object; a stand-in many more. */
const MAX_LOOKS = 20;

/**
 * `Bucket` over Cloud Storage. The client's own retries are off: ours know which errors are ours.
 */
export function createBucket(settings: GcsSettings): Bucket {
  const storage = createStorage(settings);
  const bucket = storage.bucket(settings.bucket);
  const uploading = { bucket, retry: settings.retry, httpCall: createHttpCall(settings.proxy), spare: [] };
  const retrying = <T>(call: () => Promise<T>) =>
    withRetry(call, (error) => classify(error, settings.bucket), { settings: settings.retry });
  return {
    name: settings.bucket,
    read: (name) => retrying(() => read(bucket, name)),
    create: (object) => retrying(() => save(bucket, object, 0)),
    replace: (object) => retrying(() => save(bucket, object, object.generation)),
    upload: (object) => upload(object, uploading),
    crc32c: (bytes) => crcText(crc32c(bytes)),
    list: (prefix) => retrying(() => list(bucket, prefix)),
    folders: (prefix) => retrying(() => folders(bucket, prefix)),
    exists: (name) => retrying(async () => (await bucket.file(name).exists())[0]),
    remove: async (names) => {
      await mapAtOnce(names, REMOVALS_AT_ONCE, (name) =>
        retrying(() => bucket.file(name).delete({ ignoreNotFound: true })),
      );
    },
    readTail: ({ bucket: other, name }, maxBytes) =>
      readable(() => readTail(storage.bucket(other), name, maxBytes)),
    listForeign: ({ bucket: other, prefix }) =>
      readable(async () => (await list(storage.bucket(other), prefix)).map((facts) => facts.name)),
  };
}

function read(bucket: GcsBucket, name: string): Promise<{ bytes: Buffer; generation: string } | null> {
  return readPinned(bucket, name, async (file, { generation }) => {
    const [bytes] = await file.download({ validation: false });
    return { bytes, generation: String(generation) };
  });
}

/**
 * Looks at an object, then reads of that very generation, so that what is read belongs together. A
 * generation that is gone by then was replaced (or removed) in between: it is looked at again,
 * because "not there" would be wrong.
 */
async function readPinned<T>(
  bucket: GcsBucket,
  name: string,
  readBytes: (file: File, metadata: FileMetadata) => Promise<T>,
): Promise<T | null> {
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const metadata = await metadataOf(bucket, name);
    if (!metadata) return null;
    try {
      return await readBytes(bucket.file(name, { generation: String(metadata.generation) }), metadata);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }
  const message = `gs://${bucket.name}/${name} was replaced ${MAX_LOOKS} times while it was read.`;
  throw new LoadError('STAGE_UNAVAILABLE', message, { context: { name } });
}

async function metadataOf(bucket: GcsBucket, name: string): Promise<FileMetadata | null> {
  try {
    return (await bucket.file(name).getMetadata())[0];
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    // A missing bucket is 404 as well; Cloud Storage says "No such object" where it is only that.
    if (!/no such object/i.test(messageOf(error)) && !(await bucket.exists())[0]) throw error;
    return null;
  }
}

async function save(
  bucket: GcsBucket,
  { name, bytes, contentType }: { name: string; bytes: Buffer; contentType: string },
  generation: string | 0,
): Promise<boolean> {
  try {
    await bucket
      .file(name)
      .save(bytes, { resumable: false, contentType, preconditionOpts: { ifGenerationMatch: generation } });
    return true;
  } catch (error) {
    if (statusOf(error) === 412) return false;
    throw error;
  }
}

async function list(bucket: GcsBucket, prefix: string): Promise<ObjectFacts[]> {
  const [files] = await bucket.getFiles({ prefix });
  return files.map(toFacts);
}

async function folders(bucket: GcsBucket, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (let pageToken: string | undefined; ; ) {
    const options = { prefix, delimiter: '/', autoPaginate: false, ...(pageToken && { pageToken }) };
    const [, , answer] = await bucket.getFiles(options);
    const { prefixes = [], nextPageToken } = answer as { prefixes?: string[]; nextPageToken?: string };
    found.push(...prefixes.map((path) => path.slice(prefix.length, -1)));
    if (!nextPageToken) return found;
    pageToken = nextPageToken;
  }
}

function readTail(bucket: GcsBucket, name: string, maxBytes: number): Promise<string | null> {
  return readPinned(bucket, name, async (file, { size }) => {
    if (Number(size) === 0) return '';
    const [bytes] = await file.download({ start: Math.max(0, Number(size) - maxBytes), validation: false });
    return bytes.toString('utf8');
  });
}

/** Other people's buckets: what may not be read is no failure of ours. */
async function readable<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch {
    return null;
  }
}
