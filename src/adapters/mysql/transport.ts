import { connect, isIP, type Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { ConnectionOptions } from 'mysql2/promise';
import type { SourceAddress } from '../../pipeline/objects/index.ts';

/**
 * A server that vanishes is noticed within two minutes, though a checksum is silent for as long as
 * it reads.
 */
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
/** Thrown instead of an answer that would tell the password itself. */
export const PASSWORD_WITHHELD = 'PASSWORD_WITHHELD';
/**
 * Methods whose answer can hold the password itself: always, or at the first login after a start of
 * the server. Encryption keeps it from listeners, not from the server, and `required` does not know
 * which server that is.
 */
const TELLING_METHODS = ['caching_sha2_password', 'sha256_password'];
/** Its answer is the password and nothing else. */
const CLEAR_METHOD = 'mysql_clear_password';

/**
 * How a connection is encrypted, what is asked of the server's certificate, and which requests for
 * the password are answered. `made` gets each socket that is opened, below any encryption.
 */
export function transportOptions(
  { host, port, tls }: Pick<SourceAddress, 'host' | 'port' | 'tls'>,
  made: (socket: Socket) => void = () => undefined,
): ConnectionOptions {
  const stream = () => {
    const socket = connect({ host, port, ...SOCKET });
    made(socket);
    return socket;
  };
  const withheld = withhold([CLEAR_METHOD, ...(tls.mode === 'required' ? TELLING_METHODS : [])]);
  const common: ConnectionOptions = { host, port, stream, authPlugins: withheld };
  switch (tls.mode) {
    case 'disabled':
      return common;
    case 'required':
      return { ...common, ssl: { rejectUnauthorized: false } };
    case 'verify-ca':
      return { ...common, ssl: { ca: tls.caPem, verifyIdentity: false } };
    case 'verify-identity':
      return {
        ...common,
        // mysql2 looks for an address (`10.0.0.5`) under another name in the certificate. With a
        // dot behind it the address is looked for as it is; the connection goes to the address.
        host: isIP(host) === 0 ? host : `${host}.`,
        ssl: { ca: tls.caPem ?? machineAuthorities(), verifyIdentity: true },
      };
  }
}

function withhold(methods: readonly string[]): NonNullable<ConnectionOptions['authPlugins']> {
  const plugin = (method: string) => () => {
    const error = new Error(`the server asks for the password by ${method}, which would tell it`);
    throw Object.assign(error, { code: PASSWORD_WITHHELD });
  };
  return Object.fromEntries(methods.map((method) => [method, plugin(method)]));
}

/** The authorities of Node and those of the operating system. */
function machineAuthorities(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}
