/** An object of the bucket as the GCS JSON API describes it. */
export interface ObjectFacts {
  name: string;
  bytes: number;
  /** Base64 of the big-endian CRC-32C. */
  crc32c: string;
  generation: string;
}

/**
 * Objects of one bucket, created and changed conditionally. Transient faults are retried inside;
 * what is left is thrown as `STAGE_UNAVAILABLE`, `STAGE_DENIED` or `BUCKET_MISSING`.
 */
export interface Bucket {
  /** The bucket's own name, as `gs://` takes it. */
  readonly name: string;
  /** The bytes and generation of an object, or null if there is none. */
  read(name: string): Promise<{ bytes: Buffer; generation: string } | null>;
  /**
   * Creates an object (`ifGenerationMatch: 0`). False if the name was there already, which it also
   * is where the reply to our own creation was lost: whoever gets false reads what is there.
   */
  create(object: { name: string; bytes: Buffer; contentType: string }): Promise<boolean>;
  /**
   * Replaces an object only if it still has `generation`. False if it has not, also where the reply
   * to our own change was lost.
   */
  replace(object: { name: string; bytes: Buffer; contentType: string; generation: string }): Promise<boolean>;
  /**
   * Creates an object (`ifGenerationMatch: 0`) of chunks as they come, held a few MB at a time, and
   * gives its facts. Throws `STAGE_INCOMPLETE` where Cloud Storage holds other bytes than were sent
   * or the name was there already, what the chunks threw, and the reason of `signal` when that
   * aborts. A chunk is not looked at any more when the next one is asked for.
   */
  upload(object: {
    name: string;
    contentType: string;
    chunks: AsyncIterable<Buffer>;
    signal: AbortSignal;
  }): Promise<ObjectFacts>;
  /** What `list` says as `crc32c` of an object of these bytes. */
  crc32c(bytes: Buffer): string;
  /** Facts of every object under a prefix, in name order, all pages. */
  list(prefix: string): Promise<ObjectFacts[]>;
  /** Names of the folders right under a prefix that ends in `/`, without it, in name order. */
  folders(prefix: string): Promise<string[]>;
  exists(name: string): Promise<boolean>;
  /** Removes objects; those that are gone already are no error. */
  remove(names: readonly string[]): Promise<void>;
  /**
   * The end of an object's text, at most `maxBytes`; null if it is not there or may not be read
   * (any bucket).
   */
  readTail(uri: { bucket: string; name: string }, maxBytes: number): Promise<string | null>;
  /**
   * Names under a prefix of any bucket, such as Dataproc's driver output; null if it may not be
   * read.
   */
  listForeign(uri: { bucket: string; prefix: string }): Promise<string[] | null>;
}
