import type { FileMetadata, Bucket as GcsBucket } from '@google-cloud/storage';
import { LoadError } from '../../pipeline/errors/index.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';
import { classify } from './client.ts';

/** More of the object is to come. */
const INCOMPLETE = 308;
const TAKEN = 412;
/** Of an upload that Cloud Storage does not know any more. */
const FORGOTTEN = [404, 410];
/** A block that has not arrived by then is sent again. */
const BLOCK_TIMEOUT_MS = 300_000;

interface BeginInput {
  bucket: GcsBucket;
  name: string;
  contentType: string;
  signal: AbortSignal;
  retry: RetrySettings | undefined;
}

/** An upload of one object in blocks, of which each is sent again where it must be. */
export interface BlockUpload {
  /**
   * Sends a block, of a multiple of 256 KiB, or the last one: then it gives what Cloud Storage says
   * of the object.
   */
  send(block: Buffer, isLast: boolean): Promise<FileMetadata | null>;
}

/**
 * Begins a resumable upload; null where the name is there already. The client library has one too:
 * it waits for ever where the answer to a block is lost and the upload is no longer known.
 */
export async function beginBlocks(input: BeginInput): Promise<BlockUpload | null> {
  const { bucket, name, contentType } = input;
  const query = new URLSearchParams({ uploadType: 'resumable', name, ifGenerationMatch: '0' });
  const { apiEndpoint } = bucket.storage;
  const url = `${apiEndpoint}/upload/storage/v1/b/${encodeURIComponent(bucket.name)}/o?${query}`;
  const headers = { 'x-upload-content-type': contentType };
  const begun = await retrying(input, () => call(input, { method: 'POST', url, headers }));
  if (begun.status === TAKEN) return null;
  const { location: session = '' } = Object.fromEntries(begun.headers);
  let sent = 0;
  return {
    send: async (block, isLast) => {
      const answer = await sendBlock({ block, isLast, session, sent }, input);
      sent += block.length;
      return answer.status === INCOMPLETE ? null : ((await answer.json()) as FileMetadata);
    },
  };
}

/** The answer to the last byte of a block; Cloud Storage may take a part of what it is sent. */
function sendBlock(
  { block, isLast, session, sent }: { block: Buffer; isLast: boolean; session: string; sent: number },
  input: BeginInput,
): Promise<Response> {
  const total = isLast ? String(sent + block.length) : '*';
  const put = (body: Buffer, range: string) =>
    call(input, {
      method: 'PUT',
      url: session,
      headers: { 'content-range': `bytes ${range}/${total}` },
      body,
    });
  let isAgain = false;
  return retrying(input, async () => {
    let from = sent;
    for (;;) {
      if (isAgain) {
        const told = await call(input, {
          method: 'PUT',
          url: session,
          headers: { 'content-range': 'bytes */*' },
          body: Buffer.alloc(0),
        });
        if (told.status !== INCOMPLETE) return told;
        from = arrived(told);
      }
      isAgain = true;
      const rest = block.subarray(from - sent);
      const answer = await put(rest, rest.length === 0 ? '*' : `${from}-${from + rest.length - 1}`);
      if (answer.status !== INCOMPLETE || (!isLast && arrived(answer) === sent + block.length)) return answer;
    }
  });
}

/** Bytes that have arrived: `range: bytes=0-8388607`, or none. */
function arrived(answer: Response): number {
  const { range = '' } = Object.fromEntries(answer.headers);
  const last = /-(\d+)$/.exec(range)?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function retrying<T>({ bucket, signal, retry }: BeginInput, work: () => Promise<T>): Promise<T> {
  return withRetry(work, (error) => classify(error, bucket.name), { signal, settings: retry });
}

interface Call {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** One call; throws, with its status, what is neither success nor one of the two answers above. */
async function call({ bucket, signal }: BeginInput, { method, url, headers, body }: Call): Promise<Response> {
  const { authClient, customEndpoint } = bucket.storage;
  const all = new Headers(customEndpoint ? {} : await authClient.getRequestHeaders(url));
  for (const [key, value] of Object.entries(headers)) all.set(key, value);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(BLOCK_TIMEOUT_MS)]);
  const answer = await fetch(url, {
    method,
    headers: all,
    body: body ?? null,
    signal: limit,
    redirect: 'manual',
  }).catch((error) => {
    throw new Error(messageOf(error.cause ?? error), { cause: error });
  });
  if (answer.ok || answer.status === INCOMPLETE || answer.status === TAKEN) return answer;
  if (method === 'PUT' && FORGOTTEN.includes(answer.status))
    throw new LoadError('STAGE_UNAVAILABLE', `gs://${bucket.name} has forgotten an upload.`);
  throw Object.assign(new Error(await answer.text()), { code: answer.status });
}
