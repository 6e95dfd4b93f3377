import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Bucket, Storage } from '@google-cloud/storage';

export interface ObjectSettings {
  project: string;
  bucket: string;
  /** Every object lies below it. */
  prefix: string;
  apiEndpoint: string | null;
}

export type ObjectTools = ReturnType<typeof createObjectTools>;

/** Cloud Storage allows about one write a second of the same object. */
const REWRITE_PAUSE_MS = 1_100;

// The client puts eleven listeners on one stream; Node says so on the terminal from ten on.
EventEmitter.defaultMaxListeners = Math.max(EventEmitter.defaultMaxListeners, 20);

/** Objects below a prefix, without the client's retries. */
export function createObjectTools(settings: ObjectSettings) {
  const storage = createStorage(settings);
  const bucket = storage.bucket(settings.bucket);
  let count = 0;
  const put = async (bytes: Buffer | string, suffix = 'csv') => {
    const name = `${settings.prefix}object-${++count}.${suffix}`;
    await save(bucket, { name, bytes, generation: 0 });
    return `gs://${settings.bucket}/${name}`;
  };
  return {
    settings,
    bucket,
    newName: () => `${settings.prefix}object-${++count}`,
    /** A new object; its gs:// address. */
    put,
    /**
     * Writes under a precondition: 0 where there must be none, else the generation that is there.
     */
    save: async (object: { name: string; bytes: string; generation: number | string }) => {
      if (settings.apiEndpoint === null) await pause(REWRITE_PAUSE_MS);
      await save(bucket, object);
    },
    facts: async (name: string) => (await bucket.file(name).getMetadata())[0],
    read: async (name: string) =>
      (await bucket.file(name).download({ validation: false }))[0].toString('utf8'),
    list: async (prefix: string) => (await bucket.getFiles({ prefix }))[0],
    /** Texts of the objects whose gs:// addresses start with `uri`, by name. */
    readAll: async (uri: string): Promise<Record<string, string>> => {
      const [, bucketName = '', prefix = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      const [files] = await storage.bucket(bucketName).getFiles({ prefix });
      const texts = files.map(async (file) => [
        file.name,
        String((await file.download({ validation: false }))[0]),
      ]);
      return Object.fromEntries(await Promise.all(texts));
    },
    /** Removes everything below the prefix; how many objects there were. */
    removeAll: async () => {
      const [files] = await bucket.getFiles({ prefix: settings.prefix });
      await Promise.all(files.map((file) => file.delete({ ignoreNotFound: true })));
      return files.length;
    },
  };
}

function createStorage({ project, apiEndpoint }: ObjectSettings): Storage {
  const common = { projectId: project, retryOptions: { autoRetry: false } };
  if (apiEndpoint === null) return new Storage(common);
  return new Storage({ ...common, apiEndpoint: `http://${apiEndpoint}`, useAuthWithCustomEndpoint: false });
}

async function save(
  bucket: Bucket,
  { name, bytes, generation }: { name: string; bytes: Buffer | string; generation: number | string },
): Promise<void> {
  await bucket
    .file(name)
    .save(bytes, { resumable: false, preconditionOpts: { ifGenerationMatch: generation } });
}
