import { createGzip, type Gzip } from 'node:zlib';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { Spec } from '../../pipeline/objects/index.ts';
import type { Bucket, ObjectFacts } from '../../pipeline/ports/index.ts';

/** Uncompressed; a load job takes objects of one size best. */
const OBJECT_BYTES = 128 * 1024 * 1024;
const MAX_OBJECTS = 10_000;
/** A second one begins only where the first cannot keep up. */
const UPLOADS_AT_ONCE = 3;
const CHUNKS_FOR_ANOTHER = 2;
/** Chunks that wait for an upload, before rows have to. */
const CHUNKS_WAITING = 4;
/** Level 1: 2.9 × smaller at a third of the time of level 6. */
const GZIP = { level: 1, chunkSize: 256 * 1024 };

/** Turns chunks of lines into the objects of a stage, with bounded memory. */
export interface StageWriter {
  /** Uncompressed bytes so far. */
  readonly bytes: number;
  /**
   * Takes over a chunk that ends at a row's end. Gives one that it took before and needs no more,
   * if there is one: its memory is the caller's again.
   */
  write(chunk: Buffer): Buffer | null;
  /** A promise while too many chunks wait, else null; it rejects where an upload has failed. */
  whenReady(): Promise<void> | null;
  /** Resolves when everything is in the bucket: at least one object. */
  end(): Promise<ObjectFacts[]>;
  /** Ends what is under way and removes what is there, as far as that can be done. */
  abandon(): Promise<void>;
}

/** Throws, from all methods but `abandon`, as `Bucket.upload`, and `TOO_MANY_OBJECTS`. */
export function createStageWriter(input: {
  bucket: Pick<Bucket, 'upload' | 'list' | 'remove'>;
  /** The writer's own folder, with the slash. */
  folder: string;
  compression: Spec['compression'];
  signal: AbortSignal;
}): StageWriter {
  return new Writer(input);
}

class Writer implements StageWriter {
  bytes = 0;
  readonly #input: Parameters<typeof createStageWriter>[0];
  readonly #stop = new AbortController();
  readonly #uploads: Promise<ObjectFacts>[] = [];
  #waiting: Buffer[] = [];
  /** What the uploads are through with. */
  readonly #used: Buffer[] = [];
  #open = 0;
  #hasEnded = false;
  #failure: unknown = null;
  /** Uploads that wait for a chunk. */
  #hungry: (() => void)[] = [];
  #ready: PromiseWithResolvers<void> | null = null;

  constructor(input: Parameters<typeof createStageWriter>[0]) {
    this.#input = input;
  }

  write(chunk: Buffer): Buffer | null {
    if (this.#failure !== null) throw this.#failure;
    this.bytes += chunk.length;
    this.#waiting.push(chunk);
    const next = this.#hungry.shift();
    if (next) next();
    else if (this.#open === 0 || this.#waiting.length >= CHUNKS_FOR_ANOTHER) this.#begin();
    return this.#used.pop() ?? null;
  }

  whenReady(): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#waiting.length < CHUNKS_WAITING) return null;
    this.#ready ??= Promise.withResolvers();
    return this.#ready.promise;
  }

  async end(): Promise<ObjectFacts[]> {
    if (this.bytes === 0) this.#waiting.push(Buffer.alloc(0));
    if (this.#open === 0) this.#begin();
    this.#hasEnded = true;
    this.#wakeAll();
    // What still waits behind the last upload that ends begins another.
    for (let known = -1; known !== this.#uploads.length; ) {
      known = this.#uploads.length;
      await Promise.all(this.#uploads);
    }
    return Promise.all(this.#uploads);
  }

  async abandon(): Promise<void> {
    this.#fail(new Error('The stage was abandoned.'));
    this.#stop.abort(this.#failure);
    await Promise.allSettled(this.#uploads);
    const { bucket, folder } = this.#input;
    try {
      await bucket.remove((await bucket.list(folder)).map(({ name }) => name));
    } catch {
      // The next attempt of the load removes it, or the bucket's lifecycle does.
    }
  }

  #begin(): void {
    const first = this.#open < UPLOADS_AT_ONCE ? this.#waiting.shift() : undefined;
    if (first === undefined) return;
    const number = this.#uploads.length;
    if (number >= MAX_OBJECTS) {
      const message = `${MAX_OBJECTS} objects are not enough, BigQuery loads no more`;
      throw new LoadError('TOO_MANY_OBJECTS', message);
    }
    this.#open += 1;
    const upload = this.#upload(number, first);
    upload.catch((error) => this.#fail(error));
    this.#uploads.push(upload);
  }

  async #upload(number: number, first: Buffer): Promise<ObjectFacts> {
    const { bucket, folder, compression, signal } = this.#input;
    const isGzip = compression === 'gzip';
    const chunks = this.#chunks(first);
    const facts = await bucket.upload({
      name: `${folder}part-${String(number).padStart(5, '0')}.csv${isGzip ? '.gz' : ''}`,
      contentType: isGzip ? 'application/gzip' : 'text/csv',
      chunks: isGzip ? gzipped(chunks) : chunks,
      signal: AbortSignal.any([signal, this.#stop.signal]),
    });
    this.#open -= 1;
    this.#begin();
    return facts;
  }

  /** The chunks of one object, each in use until the next is asked for. */
  async *#chunks(first: Buffer): AsyncGenerator<Buffer> {
    yield first;
    this.#used.push(first);
    for (let bytes = first.length; bytes < OBJECT_BYTES; ) {
      while (this.#waiting.length === 0 && !this.#hasEnded && this.#failure === null)
        await new Promise<void>((resolve) => this.#hungry.push(resolve));
      if (this.#failure !== null) throw this.#failure;
      const chunk = this.#waiting.shift();
      if (!chunk) return;
      if (this.#waiting.length < CHUNKS_WAITING) this.#letGo();
      bytes += chunk.length;
      yield chunk;
      this.#used.push(chunk);
    }
  }

  #letGo(): void {
    this.#ready?.resolve();
    this.#ready = null;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#waiting = [];
    this.#wakeAll();
    this.#ready?.promise.catch(() => undefined);
    this.#ready?.reject(this.#failure);
    this.#ready = null;
  }

  #wakeAll(): void {
    for (const wake of this.#hungry.splice(0)) wake();
  }
}

/** Compressed on Node's own threads, while this one goes on. */
async function* gzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip(GZIP);
  const feeding = feed(gzip, chunks);
  feeding.catch((error) => gzip.destroy(error));
  yield* gzip;
  await feeding;
}

/** Asks for the next chunk when one has been compressed, and is in no more use. */
async function feed(gzip: Gzip, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks)
    await new Promise<void>((resolve, reject) => {
      gzip.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  gzip.end();
}
