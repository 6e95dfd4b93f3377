import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SourceAddress } from '../../src/pipeline/objects/spec.ts';
import { type AskingServer, startAskingServer } from '../support/asking-server.ts';
import { createAuthority } from '../support/certificates.ts';
import { outcomesOnSpark } from '../support/outcomes-on-spark.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../support/private-server.ts';

const PASSWORD = 'a-canary of a password';
const right = createAuthority('an authority');
const other = createAuthority('an authority');
const ours = right.issue(['localhost']);
let server: PrivateServer;
let asking: AskingServer[];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adutora-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, ours.cert);
  await writeFile(key, ours.key);
  server = await startPrivateServer('mysql', { options: [`--ssl-cert=${cert}`, `--ssl-key=${key}`] });
  const admin = await connectTo(server);
  for (const method of ['mysql_native_password', 'caching_sha2_password', 'sha256_password'])
    await admin.query(`CREATE USER ${method}@'%' IDENTIFIED WITH ${method} BY '${PASSWORD}'`);
  await admin.end();
  await rm(folder, { recursive: true });
  const ask = (method: string, tls: typeof ours | null) => startAskingServer({ method, tls });
  asking = await Promise.all([
    ask('mysql_clear_password', ours),
    ask('caching_sha2_password', ours),
    ask('sha256_password', null),
  ]);
});
afterAll(async () => {
  await server?.stop();
  await Promise.all((asking ?? []).map((one) => one.close()));
});

/** What driver and executor met, case by case: an executor in a process and a folder of its own. */
const onSpark = (cases: readonly object[]) =>
  outcomesOnSpark<[string, string][]>('tls_cases.py', cases, {
    master: 'local-cluster[1,1,1024]',
    env: { MYSQL_PASSWORD: PASSWORD },
  });

it('Spark believes, refuses and tells as the worker does, in driver and executor', async () => {
  const identity = { mode: 'verify-identity', caPem: right.pem } as const;
  const required = { mode: 'required' } as const;
  const at = (port: number, host: string, user: string, tls: SourceAddress['tls']) => ({
    host,
    port,
    user,
    tls,
  });
  const real = (host: string, method: string, tls: SourceAddress['tls']) =>
    at(server.port, host, method, tls);
  const [clear, sha2, plain] = asking.map(({ port }) => port);
  const cases: [object, string][] = [
    [real('localhost', 'caching_sha2_password', identity), 'ok'],
    [real('127.0.0.1', 'caching_sha2_password', identity), 'SOURCE_TLS_REFUSED'],
    [real('localhost', 'caching_sha2_password', { ...identity, caPem: other.pem }), 'SOURCE_TLS_REFUSED'],
    [real('localhost', 'caching_sha2_password', { ...identity, caPem: null }), 'SOURCE_TLS_REFUSED'],
    [real('127.0.0.1', 'sha256_password', { mode: 'verify-ca', caPem: right.pem }), 'ok'],
    [real('localhost', 'sha256_password', { mode: 'verify-ca', caPem: other.pem }), 'SOURCE_TLS_REFUSED'],
    [real('localhost', 'mysql_native_password', required), 'ok'],
    [real('localhost', 'caching_sha2_password', required), 'SOURCE_LOGIN_METHOD'],
    [real('localhost', 'sha256_password', required), 'SOURCE_LOGIN_METHOD'],
    [at(clear ?? 0, 'localhost', 'u', identity), 'SOURCE_LOGIN_METHOD'],
    [at(sha2 ?? 0, 'localhost', 'u', required), 'SOURCE_LOGIN_METHOD'],
    [at(plain ?? 0, 'localhost', 'u', required), 'SOURCE_TLS_REFUSED'],
  ];
  const outcomes = await onSpark(cases.map(([source]) => source));
  expect(outcomes).toEqual(cases.map(([, expected]) => [expected, expected]));
  for (const one of asking) expect(one.heard()).not.toContain(PASSWORD);
});
