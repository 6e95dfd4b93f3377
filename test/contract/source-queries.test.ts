import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceQueries } from '../../src/adapters/mysql/source-queries.ts';
import { createAdapters } from '../../src/composition/adapters.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { SourceQuery } from '../../src/pipeline/objects/capture.ts';
import type { SourceQueries } from '../../src/pipeline/ports/source-queries.ts';
import { sessionStatements } from '../../src/pipeline/source/session.ts';
import { onRealProject } from '../support/real-project.ts';
import { freshInstallation, stackEnv } from '../support/stack-env.ts';

function open(env: Record<string, string>): SourceQueries {
  const caFile = env['MYSQL_TLS_CA'];
  const tls =
    env['MYSQL_TLS'] === 'disabled'
      ? ({ mode: 'disabled' } as const)
      : ({ mode: 'verify-identity', caPem: caFile ? readFileSync(caFile, 'utf8') : null } as const);
  return createSourceQueries({
    address: {
      host: env['MYSQL_HOST'] ?? '',
      port: Number(env['MYSQL_PORT'] ?? 3306),
      user: env['MYSQL_USER'] ?? '',
      tls,
    },
    password: async () => env['MYSQL_PASSWORD'] ?? '',
  });
}

/** By Dataproc jobs: each capture is a real spark-submit. */
function openOnCluster(): SourceQueries {
  const config = loadConfig({ ...freshInstallation(['mysql']), VERIFY_RUNNER: 'dataproc' }, tmpdir());
  const adapters = createAdapters(config);
  return { capture: (request) => adapters.sourceQueries.capture(request), close: () => adapters.close() };
}

const query = (name: string, sql: string, changes: Partial<SourceQuery> = {}): SourceQuery => ({
  name,
  sql,
  isOptional: false,
  delayMs: 0,
  ...changes,
});

describe.each([
  { name: 'MySQL', open: () => open(stackEnv()) },
  { name: 'MySQL by a Dataproc job', open: openOnCluster },
  ...onRealProject(open),
])('source queries, $name', ({ open: connect }) => {
  let sourceQueries: SourceQueries;
  beforeAll(() => {
    sourceQueries = connect();
  });
  afterAll(() => sourceQueries?.close());

  it("give every value as the server's own text, by the query's name", async () => {
    const sql =
      "SELECT 18446744073709551615 AS big, 0.10 AS tenth, CAST('2024-02-29' AS DATE) AS day, NULL AS nothing, 'ção' AS text, 1=1 AS yes";
    const { one, two } = await sourceQueries.capture({
      session: [],
      queries: [query('one', sql), query('two', 'SELECT 1 AS n WHERE 1=0')],
    });
    expect(one).toEqual({
      rows: [
        {
          big: '18446744073709551615',
          tenth: '0.10',
          day: '2024-02-29',
          nothing: null,
          text: 'ção',
          yes: '1',
        },
      ],
    });
    expect(two).toEqual({ rows: [] });
  });

  it('run in order in one session, its statements first', async () => {
    const queries = [
      query('zone', 'SELECT @@session.time_zone AS z'),
      query('set', 'SELECT @a := 41 AS a'),
      query('get', 'SELECT @a + 1 AS b'),
    ];
    const capture = await sourceQueries.capture({ session: ["SET SESSION time_zone = '+00:00'"], queries });
    expect(capture).toMatchObject({ zone: { rows: [{ z: '+00:00' }] }, get: { rows: [{ b: '42' }] } });
  });

  it('have a session in which nothing shortens or alters an answer', async () => {
    const sql = `SELECT @@session.sql_mode AS mode, @@session.transaction_isolation AS isolation, @@session.autocommit AS commits,
      @@session.sql_select_limit AS most, @@session.max_execution_time AS time, @@session.character_set_results AS texts`;
    const { one } = await sourceQueries.capture({
      session: sessionStatements(),
      queries: [query('one', sql)],
    });
    expect(one).toEqual({
      rows: [
        {
          // The server's standard, but for what does not change values.
          mode: 'NO_ZERO_IN_DATE,NO_ZERO_DATE',
          isolation: 'REPEATABLE-READ',
          commits: '1',
          most: '18446744073709551615',
          time: '0',
          texts: expect.toBeOneOf([null, 'utf8mb4']),
        },
      ],
    });
  });

  it("record a server's refusal of an optional query, and go on", async () => {
    const queries = [
      query('none', 'SELECT * FROM information_schema.no_such_view', { isOptional: true }),
      query('after', 'SELECT 1 AS n'),
    ];
    const capture = await sourceQueries.capture({ session: [], queries });
    expect(capture).toMatchObject({
      none: { errno: 1109, message: expect.any(String) },
      after: { rows: [{ n: '1' }] },
    });
  });

  it('fail with a refusal of any other query', async () => {
    const asked = sourceQueries.capture({
      session: [],
      queries: [query('none', 'SELECT * FROM information_schema.no_such_view')],
    });
    await expect(asked).rejects.toMatchObject({ code: 'SOURCE_TABLE_GONE' });
  });

  it('wait before a query that says so, and stop when told to', async () => {
    const before = Date.now();
    await sourceQueries.capture({ session: [], queries: [query('late', 'SELECT 1 AS n', { delayMs: 100 })] });
    expect(Date.now() - before).toBeGreaterThanOrEqual(100);
    const stop = AbortSignal.abort(new Error('shutdown'));
    await expect(
      sourceQueries.capture({ session: [], queries: [query('one', 'SELECT 1 AS n')], signal: stop }),
    ).rejects.toThrow('shutdown');
  });
});
