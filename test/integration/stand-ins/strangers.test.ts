import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBucket } from '../../../src/adapters/gcs/bucket.ts';
import { type OwnBigQuery, openBigQuery } from '../../support/bigquery-stand-in.ts';
import { freshName, stackEnv } from '../../support/stack-env.ts';

const gcs = () => stackEnv()['GCS_API_ENDPOINT'] ?? '';
const bucket = () => stackEnv()['GCS_BUCKET'] ?? '';

/** A call as a web page's browser could send it; fetch() would not let us. */
function call(address: string, options: { method?: string; path: string; headers: Record<string, string> }) {
  const [host, port] = address.replace('http://', '').split(':');
  return new Promise<{ status: number; body: string; idleFor: unknown }>((resolve, reject) => {
    const sent = request({ host, port, ...options }, async (answer) =>
      resolve({
        status: answer.statusCode ?? 0,
        body: await text(answer),
        idleFor: answer.headers['keep-alive'],
      }),
    );
    sent.once('error', reject).end();
  });
}

describe('the stand-ins answer no stranger', () => {
  const standIns = {
    bigquery: () => ({
      address: stackEnv()['BIGQUERY_EMULATOR_HOST'] ?? '',
      path: `/bigquery/v2/projects/${stackEnv()['GOOGLE_CLOUD_PROJECT']}/datasets`,
    }),
    gcs: () => ({ address: gcs(), path: `/storage/v1/b/${bucket()}` }),
  };
  const names = ['bigquery', 'gcs'] as const;

  describe.each(names)('%s', (name) => {
    it.each<[string, Record<string, string>]>([
      ['a page of another site', { origin: 'https://evil.example' }],
      ['a page without an origin of its own', { origin: 'null' }],
      ['a page of this machine', { origin: 'http://localhost:3000' }],
      ['what a page loads without asking', { 'sec-fetch-site': 'cross-site' }],
      ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
      ['a name that was pointed at loopback', { host: 'evil.example' }],
      ['such a name that looks like loopback', { host: '127.0.0.1.evil.example:4443' }],
    ])('refuses %s', async (_, headers) => {
      const { address, path } = standIns[name]();
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, body } = await call(address, { method, path, headers });
        expect([method, status]).toEqual([method, 403]);
        expect(JSON.parse(body).error.message).toContain('refused a stranger');
      }
    });

    it.each<[string, Record<string, string>]>([
      ['a client', {}],
      ['localhost', { host: 'localhost:1' }],
      ['IPv6', { host: '[::1]:1' }],
      ['an address that a person typed', { 'sec-fetch-site': 'none' }],
    ])('answers %s', async (_, headers) => {
      expect((await call(standIns[name]().address, { path: standIns[name]().path, headers })).status).toBe(
        200,
      );
    });

    it('closes no idle connection, which a client might be about to use', async () => {
      const { address, path } = standIns[name]();
      const { idleFor } = await call(address, { path, headers: { connection: 'keep-alive' } });
      expect(idleFor).toBeUndefined();
    });
  });

  it('dataproc speaks gRPC over HTTP/2 alone, which no page can without TLS', async () => {
    await expect(fetch(`http://${stackEnv()['DATAPROC_API_ENDPOINT']}/`)).rejects.toThrow();
  });

  it('what Cloud Storage is told arrives whole behind its guard', async () => {
    const bytes = randomBytes(9 * 1024 ** 2);
    const ours = createBucket({ projectId: 'p', bucket: bucket(), apiEndpoint: gcs() });
    const names = [`${freshName()}/one`, `${freshName()}/two`];
    await ours.create({ name: names[0] ?? '', bytes, contentType: 'application/octet-stream' });
    const client = new Storage({
      projectId: 'p',
      apiEndpoint: `http://${gcs()}`,
      useAuthWithCustomEndpoint: false,
    });
    // In pieces, to an address that the first answer names.
    await client
      .bucket(bucket())
      .file(names[1] ?? '')
      .save(bytes, { resumable: true, chunkSize: 2 * 1024 ** 2 });
    for (const name of names) {
      expect((await ours.read(name))?.bytes.equals(bytes)).toBe(true);
      const [facts] = await ours.list(name);
      expect([facts?.bytes, facts?.crc32c]).toEqual([bytes.length, ours.crc32c(bytes)]);
    }
    await ours.remove(names);
  });
});

describe('a query of the BigQuery stand-in', () => {
  let own: OwnBigQuery;
  beforeAll(async () => {
    own = await openBigQuery();
    await own.load('kept', [await own.put('1,"um"\n')]);
  });
  afterAll(() => own?.close());

  it.each([
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_text('{loads}/../bigquery.duckdb')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "WITH x AS (SELECT * FROM read_text('/etc/hostname')) SELECT * FROM x",
    "INSERT INTO `d.kept` SELECT 2, content FROM read_text('/etc/hostname')",
  ])('reads nothing of this machine: %s', async (sql) => {
    await expect(own.rows(sql)).rejects.toMatchObject({ code: 400 });
    expect(await own.rows('SELECT * FROM `d.kept`')).toEqual([{ id: 1, texto: 'um' }]);
  });

  it.each([
    'SELECT 1 AS a; DROP VIEW d.kept',
    'SELECT 1 AS a; DELETE FROM `d.kept`',
    'DELETE FROM `d.kept` WHERE false; DELETE FROM `d.kept`',
    'SELECT 1) AS x; DROP VIEW d.kept; SELECT * FROM (SELECT 1',
    "COPY (SELECT 1) TO '/tmp/x'",
    "ATTACH '/tmp/x.duckdb'",
    'SET enable_external_access = true',
  ])('is one statement that reads or writes rows: %s', async (sql) => {
    await expect(own.rows(sql)).rejects.toThrow();
    expect(await own.rows('SELECT * FROM `d.kept`')).toEqual([{ id: 1, texto: 'um' }]);
  });

  it('may end with a semicolon or a comment, and hold one in a text', async () => {
    expect(await own.rows("SELECT ';' AS a;")).toEqual([{ a: ';' }]);
    expect(await own.rows('SELECT 1 AS a -- one; two')).toEqual([{ a: 1 }]);
  });
});
