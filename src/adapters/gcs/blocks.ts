import type { FileMetadata, Bucket as GcsBucket } from '@google-cloud/storage';
import { LoadError } from '../../pipeline/errors/index.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';
import { classify } from './client.ts';
import type { HttpAnswer, HttpCall } from './http-call.ts';

/** More of the object is to come. */
const INCOMPLETE = 308;
const TAKEN = 412;
/** Of an upload that Cloud Storage does not know any more. */
const FORGOTTEN = [404, 410];
/** A block that has not arrived by then is sent again. */
const BLOCK_TIMEOUT_MS = 300_000;
const EMPTY = Buffer.alloc(0);

interface BeginInput {
  bucket: GcsBucket;
  name: string;
  contentType: string;
  signal: AbortSignal;
  retry: RetrySettings | undefined;
  httpCall: HttpCall;
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
  const { location: session = '' } = begun.headers;
  let sent = 0;
  return {
    send: async (block, isLast) => {
      const answer = await sendBlock({ block, isLast, session, sent }, input);
      sent += block.length;
      return answer.status === INCOMPLETE ? null : (JSON.parse(answer.text) as FileMetadata);
    },
  };
}

/** The answer to the last byte of a block; Cloud Storage may take a part of what it is sent. */
function sendBlock(
  { block, isLast, session, sent }: { block: Buffer; isLast: boolean; session: string; sent: number },
  input: BeginInput,
): Promise<HttpAnswer> {
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
        const headers = { 'content-range': 'bytes */*' };
        const told = await call(input, { method: 'PUT', url: session, headers });
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
function arrived({ headers }: HttpAnswer): number {
  const last = /-(\d+)$/.exec(String(headers['range'] ?? ''))?.[1];
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
async function call(
  { bucket, signal, httpCall }: BeginInput,
  { body = EMPTY, ...request }: Call,
): Promise<HttpAnswer> {
  const { authClient, customEndpoint } = bucket.storage;
  const own = customEndpoint ? {} : Object.fromEntries(await authClient.getRequestHeaders(request.url));
  const answer = await httpCall({
    ...request,
    headers: { ...own, ...request.headers },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(BLOCK_TIMEOUT_MS)]),
  }).catch((error) => {
    throw new Error(messageOf(error.cause ?? error), { cause: error });
  });
  const { status, text } = answer;
  if ((status >= 200 && status < 300) || status === INCOMPLETE || status === TAKEN) return answer;
  if (request.method === 'PUT' && FORGOTTEN.includes(status))
    throw new LoadError('STAGE_UNAVAILABLE', `gs://${bucket.name} has forgotten an upload.`);
  throw Object.assign(new Error(text), { code: status });
}
