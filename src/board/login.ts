import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** Wrong passwords an address may send in a window. */
export const FAILURES_ALLOWED = 10;
export const WINDOW_MS = 60_000;
/** Addresses that are remembered; who has many more than that guesses with ten a minute each. */
const REMEMBERED = 10_000;

export type LoginOutcome =
  | { kind: 'ok'; user: string }
  /** Nothing was sent: a browser asks its person now. */
  | { kind: 'none' }
  | { kind: 'wrong' }
  | { kind: 'limited'; retryAfterS: number };

export interface Credentials {
  user: string;
  password: string;
}

/**
 * HTTP Basic, compared in constant time. An address that has failed too often is not compared for
 * the rest of its window, whatever it sends: an answer would tell whether it had guessed right.
 */
export function createLogin(
  expected: Credentials,
  now: () => number = Date.now,
): (authorization: string | undefined, address: string) => LoginOutcome {
  const isEqual = constantTimeCompare();
  const failures = new Map<string, { since: number; count: number }>();
  return (authorization, address) => {
    const place = placeOf(address);
    const known = failures.get(place);
    const isFresh = known !== undefined && now() - known.since < WINDOW_MS;
    if (isFresh && known.count >= FAILURES_ALLOWED)
      return { kind: 'limited', retryAfterS: Math.ceil((known.since + WINDOW_MS - now()) / 1000) };
    if (authorization === undefined) return { kind: 'none' };
    const given = readBasic(authorization);
    // Both are always compared: how long it takes says nothing of which was wrong.
    const isUser = isEqual(given.user, expected.user);
    const isPassword = isEqual(given.password, expected.password);
    if (isUser && isPassword) return { kind: 'ok', user: expected.user };
    failures.delete(place);
    failures.set(place, isFresh ? { ...known, count: known.count + 1 } : { since: now(), count: 1 });
    for (const oldest of failures.keys()) {
      if (failures.size <= REMEMBERED) break;
      failures.delete(oldest);
    }
    return { kind: 'wrong' };
  };
}

/**
 * Texts of any length, by digests under a key of this process: neither length nor a common start
 * shows.
 */
function constantTimeCompare(): (one: string, other: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  return (one, other) => timingSafeEqual(digest(one), digest(other));
}

/** What is no Basic header is a wrong one. */
function readBasic(authorization: string): Credentials {
  const [, encoded = ''] = /^basic +([a-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0
    ? { user: text, password: '' }
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Whoever has one IPv6 address has its /64. */
function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}
