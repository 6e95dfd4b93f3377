import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A literal address, or the one name that no web page can point elsewhere. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i;

/**
 * Why a stand-in does not answer, or null where it does. The stand-ins know no password, and a web
 * page of anybody may call loopback: it shows by its Origin, by what browsers say of the site, or,
 * where its own name was pointed at loopback, by the Host.
 */
export function refusal({ origin, host = '', ...headers }: IncomingHttpHeaders): string | null {
  const site = headers['sec-fetch-site'];
  if (origin !== undefined) return `It answers no web page, and this call comes from ${origin}.`;
  if (site !== undefined && site !== 'none') return `It answers no web page, and this call is ${site}.`;
  if (!LOOPBACK.test(host))
    return `It answers to loopback names only, not to ${host || 'a call without a Host'}.`;
  return null;
}

/**
 * The answer to such a call, in the shape of Google's errors; its connection is of no further use.
 */
export function refuse(response: ServerResponse, why: string): void {
  const message = `The stand-in refused a stranger. ${why}`;
  const error = { code: 403, message, errors: [{ reason: 'forbidden', message, domain: 'global' }] };
  response.writeHead(403, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error }));
}
