import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../pipeline/names/index.ts';

/** What of a request decides whether the board's own page, or nobody's page, made it. */
export interface RequestFacts {
  method: string;
  headers: IncomingHttpHeaders;
}

/**
 * Why a request is refused before anything else is looked at, or null. No page of another site
 * reads the board, frames it, loads parts of it or writes to it; a link to it is no more than its
 * address typed. A name that was pointed here (DNS rebinding) shows in the Host header: it must be
 * one of `names`, or of loopback; on a board for the network, which has a login, any address of
 * numbers will do.
 */
export function foreignness(
  request: RequestFacts,
  board: { host: string; names: readonly string[] },
): string | null {
  const host = hostOf(request.headers);
  if (!answersTo(host, board)) return `This board does not answer to the name ${host.slice(0, 100)}.`;
  if (isReading(request.method)) {
    return isForeignReading(request) ? 'This board answers its own page only.' : null;
  }
  return isOwnPage(request.headers) ? null : 'Only the board itself may change anything.';
}

export const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Without its port, and without the brackets of IPv6. */
function hostOf({ host = '' }: IncomingHttpHeaders): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function answersTo(host: string, board: { host: string; names: readonly string[] }): boolean {
  if (isLoopback(host) || board.names.some((name) => name.toLowerCase() === host)) return true;
  return !isLoopback(board.host) && isIP(host) !== 0;
}

function isForeignReading({ method, headers }: RequestFacts): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': part } = headers;
  const isLink = method === 'GET' && mode === 'navigate' && part === 'document';
  const isForeignSite = site !== undefined && site !== 'none' && site !== 'same-origin' && !isLink;
  return isForeignSite || (origin !== undefined && !isOwnOrigin(origin, headers));
}

function isOwnPage(headers: IncomingHttpHeaders): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && !isOwnOrigin(origin, headers)) return false;
  return site === 'same-origin' || (site === undefined && origin !== undefined);
}

function isOwnOrigin(origin: string, { host }: IncomingHttpHeaders): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
