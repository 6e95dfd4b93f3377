const EXPECTED = 'expected redis://host:port or rediss://…';
const ENCODE = 'in a user or password write % as %25, / as %2F, ? as %3F, # as %23 and @ as %40';

/** What is wrong with a REDIS_URL, in words that hold nothing of it; null where nothing is. */
export function redisUrlProblem(value: string): string | null {
  if (!/^rediss?:\/\/./.test(value)) return EXPECTED;
  const url = URL.parse(value);
  // A character of the password that has another meaning in a URL makes the rest of it a path, and
  // the user a host.
  if (/[/?#].*@/.test(value.slice(value.indexOf('//') + 2))) return `${EXPECTED}; ${ENCODE}`;
  if (url === null || url.hostname === '') return `${EXPECTED}; ${ENCODE}`;
  try {
    decodeURIComponent(`${url.username}${url.password}`);
  } catch {
    return `${EXPECTED}; ${ENCODE}`;
  }
  return /^\/?\d{0,4}$/.test(url.pathname) ? null : `${EXPECTED}; behind the host only /NUMBER of a database`;
}
