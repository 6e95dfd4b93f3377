import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Of a body at a time: TLS holds, encrypted, what it is given. */
const PIECE = 256 * 1024;
/** A connection is kept for the next block, not for long: one that was dropped need not say so. */
const KEPT = { keepAlive: true, timeout: 4_000 };

interface HttpRequest {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body: Buffer;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * One call, whatever its answer says. The body is sent from where it lies, where `fetch` copies it;
 * it is not looked at any more afterwards. Throws Node's errors; one of `signal` has its reason as
 * cause.
 */
export type HttpCall = (request: HttpRequest) => Promise<HttpAnswer>;

/** `proxy`: variables such as HTTPS_PROXY and NO_PROXY. */
export function createHttpCall(proxy: Record<string, string | undefined> = {}): HttpCall {
  const options = { ...KEPT, proxyEnv: proxy };
  const plain = new http.Agent(options);
  const encrypted = new https.Agent(options);
  return ({ method, url, headers, body, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const all = { ...headers, 'content-length': body.length };
    const request = url.startsWith('https:')
      ? https.request(url, { method, headers: all, signal, agent: encrypted })
      : http.request(url, { method, headers: all, signal, agent: plain });
    request.on('error', reject);
    request.once('response', (response) => {
      const { statusCode: status = 0 } = response;
      text(response)
        .then((said) => resolve({ status, headers: response.headers, text: said }), reject)
        // What was answered early is sent no further: its memory is used again.
        .finally(() => request.writableFinished || request.destroy());
    });
    Readable.from(piecesOf(body)).pipe(request);
    return promise;
  };
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length; from += PIECE) yield body.subarray(from, from + PIECE);
}
