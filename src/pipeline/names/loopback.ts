const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** Whether a host is this machine by a name or an address that everybody uses for it. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_HOSTS.has(host);
}
