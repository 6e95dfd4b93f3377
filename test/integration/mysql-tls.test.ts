import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createSourceQueries } from '../../src/adapters/mysql/source-queries.ts';
import type { SourceAddress } from '../../src/pipeline/objects/spec.ts';
import { startAskingServer } from '../support/asking-server.ts';
import { createAuthority } from '../support/certificates.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../support/private-server.ts';

type Tls = SourceAddress['tls'];

const PASSWORD = 'a-canary of a password';
const RETRY = { retries: 0, minTimeout: 1, maxTimeout: 1 };
const right = createAuthority('an authority');
const other = createAuthority('an authority');
const TLS = {
  identity: { mode: 'verify-identity', caPem: right.pem },
  'identity, other authority': { mode: 'verify-identity', caPem: other.pem },
  'identity, authorities of the machine': { mode: 'verify-identity', caPem: null },
  ca: { mode: 'verify-ca', caPem: right.pem },
  'ca, other authority': { mode: 'verify-ca', caPem: other.pem },
  required: { mode: 'required' },
  disabled: { mode: 'disabled' },
} as const satisfies Record<string, Tls>;

/** What comes of asking: `ok`, or the code of the refusal. */
async function outcome(address: { host: string; port: number; user: string; tls: Tls }): Promise<string> {
  const sourceQueries = createSourceQueries({ address, password: async () => PASSWORD, retry: RETRY });
  const query = { name: 'one', sql: 'SELECT 1 AS one', isOptional: false, delayMs: 0 };
  return sourceQueries.capture({ session: [], queries: [query] }).then(
    () => 'ok',
    (error) => error.code,
  );
}

describe('a real MySQL with a certificate', () => {
  let server: PrivateServer;
  let admin: Connection;
  beforeAll(async () => {
    server = await startPrivateServer('mysql');
    admin = await connectTo(server);
    for (const method of ['mysql_native_password', 'caching_sha2_password', 'sha256_password'])
      await admin.query(`CREATE USER ${method}@'%' IDENTIFIED WITH ${method} BY '${PASSWORD}'`);
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  /** From now on the server shows a certificate of these host names. */
  const show = async (hosts: string[]) => {
    const { cert, key } = right.issue(hosts);
    const [certFile, keyFile] = [join(server.dataDir, 'shown.pem'), join(server.dataDir, 'shown-key.pem')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    await admin.query(
      `SET GLOBAL ssl_cert = '${certFile}', ssl_key = '${keyFile}'; ALTER INSTANCE RELOAD TLS`,
    );
  };
  const ask = (host: string, tls: Tls, user = 'caching_sha2_password') =>
    outcome({ host, port: server.port, user, tls });

  it.each<[string[], string, keyof typeof TLS, string]>([
    [['localhost', '127.0.0.1'], 'localhost', 'identity', 'ok'],
    [['localhost', '127.0.0.1'], '127.0.0.1', 'identity', 'ok'],
    [['localhost'], '127.0.0.1', 'identity', 'SOURCE_TLS_REFUSED'],
    [['127.0.0.1'], 'localhost', 'identity', 'SOURCE_TLS_REFUSED'],
    [['db.example'], 'localhost', 'identity', 'SOURCE_TLS_REFUSED'],
    [['db.example'], 'localhost', 'ca', 'ok'],
    [['localhost'], 'localhost', 'identity, other authority', 'SOURCE_TLS_REFUSED'],
    [['localhost'], 'localhost', 'identity, authorities of the machine', 'SOURCE_TLS_REFUSED'],
    [['localhost'], 'localhost', 'ca, other authority', 'SOURCE_TLS_REFUSED'],
  ])('for %j, reached as %s, by %s: %s', async (hosts, host, tls, expected) => {
    await show(hosts);
    expect(await ask(host, TLS[tls])).toBe(expected);
  });

  it.each([
    ['identity', 'ok', 'ok', 'ok'],
    ['ca', 'ok', 'ok', 'ok'],
    ['required', 'ok', 'SOURCE_LOGIN_METHOD', 'SOURCE_LOGIN_METHOD'],
    ['disabled', 'ok', 'ok', 'ok'],
  ] as const)(
    'by %s lets in users of native, caching_sha2 and sha256: %s, %s, %s',
    async (tls, ...expected) => {
      await show(['localhost']);
      // The server remembers who has been in, and asks those for less.
      await admin.query('FLUSH PRIVILEGES');
      const methods = ['mysql_native_password', 'caching_sha2_password', 'sha256_password'];
      const found = [];
      for (const user of methods) found.push(await ask('localhost', TLS[tls], user));
      expect(found).toEqual(expected);
    },
  );
});

describe('a server that asks for the password', () => {
  const asking = async (method: string, certificate: { cert: string; key: string } | null, tls: Tls) => {
    const server = await startAskingServer({ method, tls: certificate });
    onTestFinished(() => server.close());
    const code = await outcome({ host: 'localhost', port: server.port, user: 'u', tls });
    return { code, isInHistory: server.heard().includes(PASSWORD) };
  };
  const forOurHost = right.issue(['localhost']);

  it.each<[string, keyof typeof TLS]>([
    ['mysql_clear_password', 'required'],
    ['mysql_clear_password', 'ca'],
    ['mysql_clear_password', 'identity'],
    ['caching_sha2_password', 'required'],
    ['sha256_password', 'required'],
    ['a_method_of_its_own', 'identity'],
  ])('by %s is not told it, by %s', async (method, tls) => {
    expect(await asking(method, forOurHost, TLS[tls])).toEqual({
      code: 'SOURCE_LOGIN_METHOD',
      isInHistory: false,
    });
  });

  it.each(['identity', 'ca', 'required'] as const)(
    'and has no encryption is not told it, by %s',
    async (tls) => {
      for (const method of ['mysql_clear_password', 'caching_sha2_password', 'sha256_password'])
        expect(await asking(method, null, TLS[tls])).toEqual({
          code: 'SOURCE_TLS_REFUSED',
          isInHistory: false,
        });
    },
  );

  it('by mysql_clear_password is not told it on the loopback interface either', async () => {
    expect(await asking('mysql_clear_password', null, TLS.disabled)).toEqual({
      code: 'SOURCE_LOGIN_METHOD',
      isInHistory: false,
    });
  });

  it.each<[string, { cert: string; key: string }]>([
    ['of another host', right.issue(['db.example'])],
    ['of another authority', other.issue(['localhost'])],
  ])('and shows a certificate %s is not told it', async (_, certificate) => {
    const { code, isInHistory } = await asking('caching_sha2_password', certificate, TLS.identity);
    expect([code, isInHistory]).toEqual(['SOURCE_TLS_REFUSED', false]);
  });

  it('is told it once it has shown who it is (so that the tests above see it where it is told)', async () => {
    expect(await asking('caching_sha2_password', forOurHost, TLS.identity)).toMatchObject({
      isInHistory: true,
    });
  });
});
