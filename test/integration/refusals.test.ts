import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Component } from '../../local/component.ts';
import { startRedis } from '../../local/redis/redis.ts';
import { choosePorts } from '../../local/tools/ports.ts';
import { createDestination } from '../../src/adapters/bigquery/destination.ts';
import { createHistory } from '../../src/adapters/bigquery/history.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { createSourceQueries } from '../../src/adapters/mysql/source-queries.ts';
import { createSecrets } from '../../src/adapters/secrets/secrets.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { type RefusingServer, startOldRedis, startRefusingHttp } from '../support/refusing-server.ts';
import { type SecretManagerStandIn, startSecretManager } from '../support/secret-manager.ts';
import { connectAsAdmin, stackAuthority, stackEnv } from '../support/stack-env.ts';

/** Retries that would show in the number of requests, and do not take long. */
const RETRY = { retries: 2, minTimeout: 1, maxTimeout: 1 };
const refusal = (code: string, isTransient = false) => expect.objectContaining({ code, isTransient });

describe('Google services that refuse', () => {
  let server: RefusingServer;
  const refusing = async (code: number, reason: string) => {
    server = await startRefusingHttp(code, reason);
    onTestFinished(() => server.close());
    return { projectId: 'p', location: 'US', emulatorHost: server.address, retry: RETRY };
  };

  it.each([
    [403, 'accessDenied', 'DESTINATION_DENIED', false, 1],
    // The client looks for credentials when it is not let in; here there are none.
    [401, 'authError', 'GOOGLE_CREDENTIALS', false, 1],
    [403, 'rateLimitExceeded', 'DESTINATION_UNAVAILABLE', true, 3],
    [503, 'backendError', 'DESTINATION_UNAVAILABLE', true, 3],
    [400, 'invalid', 'DESTINATION_INVALID', false, 1],
  ])('BigQuery, %i %s: %s', async (status, reason, code, isTransient, requests) => {
    const settings = await refusing(status, reason);
    const calls = createDestination(settings).describe({ dataset: 'd', table: 't' });
    await expect(calls).rejects.toEqual(refusal(code, isTransient));
    expect(server.requests).toHaveLength(requests);
  });

  it('the history dataset is forbidden', async () => {
    const history = createHistory({
      ...(await refusing(403, 'accessDenied')),
      dataset: 'h',
      table: 't',
      bucket: createMemoryBucket(),
    });
    await expect(history.ensureTable()).rejects.toEqual(refusal('DESTINATION_DENIED'));
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [403, 'forbidden', 'STAGE_DENIED', false, 1],
    [404, 'notFound', 'BUCKET_MISSING', false, 1],
    [503, 'backendError', 'STAGE_UNAVAILABLE', true, 3],
  ])('Cloud Storage, %i %s: %s', async (status, reason, code, isTransient, requests) => {
    const { emulatorHost } = await refusing(status, reason);
    const bucket = createBucket({ projectId: 'p', bucket: 'b', apiEndpoint: emulatorHost, retry: RETRY });
    await expect(bucket.list('x')).rejects.toEqual(refusal(code, isTransient));
    expect(server.requests).toHaveLength(requests);
  });
});

describe('Secret Manager', () => {
  const name = 'projects/p/secrets/s/versions/1';
  const read = async (answers: SecretManagerStandIn['answers']) => {
    const standIn = await startSecretManager(answers);
    onTestFinished(() => standIn.close());
    const secrets = createSecrets({ env: {}, apiEndpoint: standIn.address, retry: RETRY });
    return { reading: secrets.read({ kind: 'secret', name }), standIn };
  };

  it('gives a value by its name', async () => {
    const { reading, standIn } = await read([{ value: 'ção"' }]);
    expect(await reading).toBe('ção"');
    expect(standIn.calls).toEqual([name]);
  });

  it('is asked again while it is away', async () => {
    const { reading } = await read([{ code: status.UNAVAILABLE }, { value: 'v' }]);
    expect(await reading).toBe('v');
  });

  it.each([
    [status.PERMISSION_DENIED, 'SECRET_DENIED', false, 1],
    [status.UNAUTHENTICATED, 'SECRET_DENIED', false, 1],
    [status.NOT_FOUND, 'SECRET_MISSING', false, 1],
    [status.FAILED_PRECONDITION, 'SECRET_MISSING', false, 1],
    [status.UNAVAILABLE, 'SECRET_UNAVAILABLE', true, 3],
  ])('answers %i: %s', async (answer, code, isTransient, calls) => {
    const { reading, standIn } = await read([{ code: answer }]);
    await expect(reading).rejects.toEqual(refusal(code, isTransient));
    expect(standIn.calls).toHaveLength(calls);
  });
});

describe('Redis', () => {
  let redis: Component;
  let url: string;
  let dataDir: string;
  let admin: Redis;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'adutora-redis-'));
    const { redis: port } = await choosePorts('free');
    redis = await startRedis({ port, dataDir, logDir: dataDir, env: {} });
    url = `redis://127.0.0.1:${port}`;
    admin = new Redis(url);
  });
  afterAll(async () => {
    admin?.disconnect();
    await redis?.stop();
    await rm(dataDir, { recursive: true });
  });

  it.each(['allkeys-lru', 'volatile-ttl'])(
    'that evicts (%s) is refused, by the word for it',
    async (policy) => {
      await admin.config('SET', 'maxmemory-policy', policy);
      onTestFinished(async () => void (await admin.config('SET', 'maxmemory-policy', 'noeviction')));
      await expect(createProducerConnection(url)).rejects.toEqual(refusal('REDIS_EVICTING'));
    },
  );

  it('with another password is refused, and the password is not told', async () => {
    await admin.config('SET', 'requirepass', 'the-right-one');
    onTestFinished(async () => void (await admin.config('SET', 'requirepass', '')));
    const wrong = createProducerConnection(url.replace('//', '//:canary-wrong@'));
    await expect(wrong).rejects.toEqual(refusal('REDIS_REFUSED'));
    await expect(wrong).rejects.not.toThrow(/canary/);
    await expect(createProducerConnection(url)).rejects.toEqual(refusal('REDIS_REFUSED'));
    (await createProducerConnection(url.replace('//', '//:the-right-one@'))).disconnect();
  });

  it.each(['5.0.14', '6.0.16'])('of version %s is refused', async (version) => {
    const old = await startOldRedis(version);
    onTestFinished(() => old.close());
    await expect(createProducerConnection(`redis://127.0.0.1:${old.port}`)).rejects.toEqual(
      refusal('REDIS_TOO_OLD'),
    );
  });

  it('that is away is told in five seconds', async () => {
    await expect(createProducerConnection('redis://127.0.0.1:9')).rejects.toEqual(
      refusal('REDIS_UNREACHABLE', true),
    );
  });
});

describe('MySQL', () => {
  const capture = (changes: Record<string, unknown> = {}, password = stackEnv()['MYSQL_PASSWORD'] ?? '') => {
    const env = stackEnv();
    const address = {
      host: '127.0.0.1',
      port: Number(env['MYSQL_PORT']),
      user: env['MYSQL_USER'] ?? '',
      tls: { mode: 'disabled' as const },
      ...changes,
    };
    const sourceQueries = createSourceQueries({ address, password: async () => password, retry: RETRY });
    const query = { name: 'one', sql: 'SELECT 1 AS one', isOptional: false, delayMs: 0 };
    return sourceQueries.capture({ session: [], queries: [query] });
  };
  const ca = () => `-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n`;
  /** The authority that the stack's MySQL has made for itself. */
  const ownCa = async () => ({ mode: 'verify-ca' as const, caPem: await stackAuthority() });

  it('answers with TLS and without', async () => {
    expect(await capture({ tls: await ownCa() })).toEqual({ one: { rows: [{ one: '1' }] } });
    expect(await capture()).toEqual({ one: { rows: [{ one: '1' }] } });
  });

  it.each([
    [
      'a certificate of another authority',
      { tls: { mode: 'verify-ca', caPem: ca() } },
      'SOURCE_TLS_REFUSED',
      false,
    ],
    ['another user', { user: 'nobody' }, 'SOURCE_ACCESS_DENIED', false],
    ['nobody there', { port: 9 }, 'SOURCE_UNREACHABLE', true],
    ['a name that does not resolve', { host: 'no-such-host.invalid' }, 'SOURCE_UNREACHABLE', true],
  ])('with %s', async (_, changes, code, isTransient) => {
    await expect(capture(changes)).rejects.toEqual(refusal(code, isTransient));
  });

  it('that wants TLS and is not given it', async () => {
    const admin = await connectAsAdmin();
    const user = 'so_com_tls';
    await admin.query(`CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY 'p' REQUIRE SSL`);
    onTestFinished(async () => {
      await admin.query(`DROP USER ${user}@'127.0.0.1'`);
      await admin.end();
    });
    // MySQL calls it a denied access; nothing else tells the two apart.
    await expect(capture({ user }, 'p')).rejects.toEqual(refusal('SOURCE_ACCESS_DENIED'));
    expect(await capture({ user, tls: await ownCa() }, 'p')).toBeDefined();
  });
});
