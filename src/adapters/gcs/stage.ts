import { EventEmitter } from 'node:events';
import { type Bucket, type File, Storage } from '@google-cloud/storage';
import { LoadError } from '../../pipeline/load-error.ts';
import type { ObjectFacts, Stage } from '../../pipeline/ports/stage.ts';
import { credentialsError } from '../google-credentials.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';

export interface GcsSettings {
  projectId: string;
  bucket: string;
  /** Stand-in: `host:port` or an http address. */
  apiEndpoint?: string | undefined;
  retry?: RetrySettings;
}

// The client's download puts eleven listeners on one stream; Node takes more than ten for a leak and says so on the terminal.
EventEmitter.defaultMaxListeners = Math.max(EventEmitter.defaultMaxListeners, 20);

const REMOVALS_AT_ONCE = 32;

/** `Stage` over Cloud Storage. The client's own retries are off: ours know which errors are ours. */
export function createStage(settings: GcsSettings): Stage {
  const storage = createStorage(settings);
  const bucket = storage.bucket(settings.bucket);
  const retrying = <T>(call: () => Promise<T>) =>
    withRetry(call, (error) => classify(error, settings.bucket), { settings: settings.retry });
  return {
    bucket: settings.bucket,
    read: (name) => retrying(() => read(bucket, name)),
    create: (object) => retrying(() => save(bucket, object, 0)),
    replace: (object) => retrying(() => save(bucket, object, object.generation)),
    uploadFile: ({ name, path }) => retrying(() => upload(bucket, { name, path })),
    list: (prefix) => retrying(() => list(bucket, prefix)),
    folders: (prefix) => retrying(() => folders(bucket, prefix)),
    exists: (name) => retrying(async () => (await bucket.file(name).exists())[0]),
    remove: (names) =>
      removeAll(names, (name) =>
        retrying(async () => void (await bucket.file(name).delete({ ignoreNotFound: true }))),
      ),
    readTail: ({ bucket: other, name }, maxBytes) =>
      readable(() => readTail(storage.bucket(other).file(name), maxBytes)),
    listForeign: ({ bucket: other, prefix }) =>
      readable(async () => (await list(storage.bucket(other), prefix)).map((facts) => facts.name)),
  };
}

function createStorage({ projectId, apiEndpoint }: GcsSettings): Storage {
  const retryOptions = { autoRetry: false };
  if (!apiEndpoint) return new Storage({ projectId, retryOptions });
  const address = apiEndpoint.startsWith('http') ? apiEndpoint : `http://${apiEndpoint}`;
  return new Storage({ projectId, apiEndpoint: address, useAuthWithCustomEndpoint: false, retryOptions });
}

async function read(bucket: Bucket, name: string): Promise<{ bytes: Buffer; generation: string } | null> {
  const file = bucket.file(name);
  try {
    const [metadata] = await file.getMetadata();
    const generation = String(metadata.generation);
    // Pinned to the generation, so that bytes and generation belong together.
    const [bytes] = await bucket.file(name, { generation }).download({ validation: false });
    return { bytes, generation };
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    // A missing bucket is 404 as well; Cloud Storage says "No such object" where it is only that.
    if (!/no such object/i.test(messageOf(error)) && !(await bucket.exists())[0]) throw error;
    return null;
  }
}

async function save(
  bucket: Bucket,
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

async function upload(bucket: Bucket, { name, path }: { name: string; path: string }): Promise<void> {
  if ((await bucket.file(name).exists())[0]) return;
  try {
    await bucket.upload(path, {
      destination: name,
      resumable: false,
      preconditionOpts: { ifGenerationMatch: 0 },
    });
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
  }
}

async function list(bucket: Bucket, prefix: string): Promise<ObjectFacts[]> {
  const [files] = await bucket.getFiles({ prefix });
  return files.map(({ name, metadata }) => ({
    name,
    bytes: Number(metadata.size),
    crc32c: metadata.crc32c ?? '',
    generation: String(metadata.generation),
  }));
}

async function folders(bucket: Bucket, prefix: string): Promise<string[]> {
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

async function removeAll(names: readonly string[], remove: (name: string) => Promise<void>): Promise<void> {
  for (let start = 0; start < names.length; start += REMOVALS_AT_ONCE) {
    await Promise.all(names.slice(start, start + REMOVALS_AT_ONCE).map(remove));
  }
}

async function readTail(file: File, maxBytes: number): Promise<string> {
  const [metadata] = await file.getMetadata();
  const start = Math.max(0, Number(metadata.size) - maxBytes);
  if (Number(metadata.size) === 0) return '';
  const [bytes] = await file.download({ start, validation: false });
  return bytes.toString('utf8');
}

/** Other people's buckets: what may not be read is no failure of ours. */
async function readable<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch {
    return null;
  }
}

function statusOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return code === undefined || Number.isNaN(Number(code)) ? undefined : Number(code);
}

function classify(error: unknown, bucket: string): LoadError {
  const credentials = credentialsError(error);
  if (credentials) return credentials;
  const status = statusOf(error);
  const message = `gs://${bucket}: ${messageOf(error)}`;
  const options = { context: { status }, cause: error };
  if (status === 401 || status === 403) return new LoadError('STAGE_DENIED', message, options);
  if (status === 404) return new LoadError('BUCKET_MISSING', message, options);
  return new LoadError('STAGE_UNAVAILABLE', message, options);
}
