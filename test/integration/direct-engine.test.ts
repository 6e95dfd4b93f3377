import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../local/faults/fault-proxy.ts';
import { ROOT } from '../../local/tools/paths.ts';
import { objectNames } from '../../src/pipeline/names/index.ts';
import {
  type AttemptError,
  attemptErrorSchema,
  manifestSchema,
} from '../../src/pipeline/objects/manifest.ts';
import type { EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { type Direct, openDirect } from '../support/direct-set-up.ts';
import { stackEnv } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

const ROWS = 300_000;
/** About 100 bytes a row. */
const MANY = `CREATE TABLE muitos (id INT PRIMARY KEY, nome VARCHAR(100), dia DATE)
 SELECT seq AS id, CONCAT('nome "', seq, '"', REPEAT('x', 70)) AS nome, DATE('2026-01-02') AS dia FROM (
 SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n AS seq FROM
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) a,
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) b,
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) c,
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) d,
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) e,
 (SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2) f) s`;

const reports: string[] = [];
const watch = (signal = new AbortController().signal) => ({
  signal,
  report: async ({ message }: { message: string }) => void reports.push(message),
});

/** What is in the bucket of an attempt. */
async function stageOf({ bucket }: Direct, { spec }: EngineAttempt) {
  const names = objectNames(spec.sourceId);
  const manifest = await readObject(bucket, names.manifest(spec.attemptId), manifestSchema);
  const error = await readObject(bucket, names.attemptError(spec.attemptId), attemptErrorSchema);
  const data = await bucket.list(names.data(spec.attemptId));
  return { manifest: manifest?.value ?? null, error: error?.value ?? null, data };
}

/** The lines of a stage, whatever their order. */
async function linesOf(direct: Direct, attempt: EngineAttempt): Promise<string[]> {
  const { data } = await stageOf(direct, attempt);
  const bytes = await Promise.all(data.map(async ({ name }) => (await direct.bucket.read(name))?.bytes));
  const texts = bytes.map((one) => (one?.[0] === 0x1f ? gunzipSync(one) : one)?.toString() ?? '');
  return texts.join('').split('\n').slice(0, -1).sort();
}

/**
 * About 280 MB were measured, whatever the tables, and 460 of these two where uploads hold copies
 * of what they send.
 */
const MOST_MEMORY = 350_000_000;

/** Of a process that reads all of them at once, in bytes. */
async function mostMemoryOf(attempts: readonly EngineAttempt[]): Promise<number> {
  const { GOOGLE_CLOUD_PROJECT: projectId, GCS_BUCKET: bucket, GCS_API_ENDPOINT, ...env } = stackEnv();
  const gcs = { projectId, bucket, apiEndpoint: GCS_API_ENDPOINT };
  const settings = { gcs, secrets: { env: { MYSQL_PASSWORD: env['MYSQL_PASSWORD'] } } };
  const program = join(ROOT, 'test/support/read-by-threads.ts');
  const flags = ['--max-semi-space-size=4', '--heap-growing-percent=30'];
  const reading = promisify(execFile)(process.execPath, [...flags, program]);
  reading.child.stdin?.end(JSON.stringify({ attempts, settings }));
  return Number((await reading).stdout);
}

describe('the direct engine', () => {
  let direct: Direct;
  beforeAll(async () => {
    direct = await openDirect();
    await direct.admin.query(
      `CREATE TABLE alunos (id INT PRIMARY KEY, nome VARCHAR(50), nascido DATE);
       INSERT INTO alunos VALUES (1, 'Ana "A"', '2000-01-02'), (2, NULL, '2000-00-00');
       CREATE TABLE vazia (id INT PRIMARY KEY);
       CREATE TABLE antiga (id INT) ENGINE = MyISAM; INSERT INTO antiga VALUES (1), (2), (3)`,
    );
    await direct.admin.query(MANY);
  });
  afterAll(() => direct?.close());

  /** Statements of the attempts that MySQL works on. */
  const atWork = async () => {
    const sql = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE CONCAT('%/* adu', 'tora %')";
    const [rows] = await direct.admin.query(sql);
    return rows as { ID: number }[];
  };
  const run = async (attempt: EngineAttempt, by = direct) => {
    await by.engine.run(attempt, watch());
    return stageOf(by, attempt);
  };
  const failure = async (attempt: EngineAttempt, by = direct): Promise<AttemptError | null> => {
    const thrown = await by.engine.run(attempt, watch()).then(
      () => null,
      (error: { code: string }) => error,
    );
    const { manifest, error, data } = await stageOf(by, attempt);
    expect([manifest, data]).toEqual([null, []]);
    expect((await by.engine.probe(attempt)).state).toBe('ended');
    expect(error?.code).toBe(thrown?.code);
    return error;
  };

  it('brings a table with its manifest: rows, counts of the same transaction, both captures', async () => {
    const attempt = await direct.attempt('alunos');
    const { manifest, data } = await run(attempt);
    const { nullToken } = attempt.spec;
    expect(await linesOf(direct, attempt)).toEqual([
      `1,"Ana ""A""",2000-01-02`,
      `2,${nullToken},${nullToken}`,
    ]);
    expect(manifest).toMatchObject({
      specSha256: attempt.specSha256,
      ...{ rows: 2, readers: 1, counts: { inside: 2, beside: null }, fingerprint: null },
      policyCounts: { nascido: { invalid_date_nullify: 1 } },
      engine: { direct: expect.any(String) },
      objects: data,
    });
    expect(data.map(({ name }) => name.split('/').at(-1))).toEqual(['part-00000.csv']);
    expect(manifest?.wireBytes).toBeGreaterThan(100);
    const names = attempt.spec.queries.capture.map(({ name }) => name);
    expect(Object.keys(manifest?.captures.before ?? {})).toEqual(names);
    expect(Object.keys(manifest?.captures.after ?? {})).toEqual(names);
  });

  it('brings an empty table as one empty object', async () => {
    const { manifest, data } = await run(await direct.attempt('vazia'));
    expect(manifest).toMatchObject({ rows: 0, counts: { inside: 0 }, objects: [{ bytes: 0 }] });
    expect(data).toHaveLength(1);
  });

  it('counts beside the rows where the table knows no transaction', async () => {
    const { manifest } = await run(await direct.attempt('antiga'));
    expect(manifest).toMatchObject({ rows: 3, counts: { inside: null, beside: 3 } });
  });

  it.each(['none', 'gzip'] as const)('brings a large table whole, compression %s', async (compression) => {
    const attempt = await direct.attempt('muitos', { compression });
    const { manifest } = await run(attempt);
    expect(manifest).toMatchObject({ rows: ROWS, counts: { inside: ROWS } });
    const lines = await linesOf(direct, attempt);
    expect(lines).toHaveLength(ROWS);
    expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(ROWS);
    expect(lines[0]).toBe(`0,"nome ""0""${'x'.repeat(70)}",2026-01-02`);
    const suffix = compression === 'gzip' ? '.csv.gz' : '.csv';
    expect(manifest?.objects.every(({ name }) => name.endsWith(suffix))).toBe(true);
  });

  it('holds a few MB of two large tables that it reads at once', async () => {
    const attempts = [await direct.attempt('muitos'), await direct.attempt('muitos')];
    expect(await mostMemoryOf(attempts)).toBeLessThan(MOST_MEMORY);
    for (const attempt of attempts) expect((await stageOf(direct, attempt)).manifest?.rows).toBe(ROWS);
  });

  it('finds out which server it is where nobody has asked, and refuses another one', async () => {
    const moved = await direct.attempt('alunos');
    const guard = 'SELECT 1 FROM (SELECT 1) a WHERE (SELECT 1 UNION SELECT 2)';
    const { spec } = moved;
    // Nothing else is asked of another server.
    const queries = { ...spec.queries, guard, count: 'SELECT COUNT(*) FROM nowhere.nothing' };
    const attempt = await direct.freeze({ ...spec, queries });
    expect(await failure(attempt)).toMatchObject({ code: 'SOURCE_MOVED' });
  });

  it('removes what earlier attempts have left without a manifest, and nothing else', async () => {
    const first = await direct.attempt('alunos');
    const { sourceId, loadId, attemptId } = first.spec;
    const names = objectNames(sourceId);
    await direct.engine.run(first, watch());
    const leave = (id: string) => `${names.data(id)}dead/part-00000.csv`;
    const left = leave(`${loadId}-a2`);
    for (const name of [left, leave(`${loadId}0-a1`)])
      await direct.bucket.create({ name, bytes: Buffer.from('1'), contentType: 'text/csv' });
    const next = { ...first.spec, attemptId: `${loadId}-a3`, attemptNumber: 3 };
    const prefix = names.stage(next.attemptId);
    await direct.engine.run(await direct.freeze({ ...next, stage: { ...next.stage, prefix } }), watch());
    expect(await direct.bucket.exists(left)).toBe(false);
    expect(await direct.bucket.list(names.data(attemptId))).toHaveLength(1);
    expect(await direct.bucket.list(names.data(`${loadId}0-a1`))).toHaveLength(1);
  });

  it('ends in order where it is told to: nothing is left, at MySQL and in the bucket', async () => {
    const { spec } = await direct.attempt('alunos');
    const select = spec.queries.select.replace('SELECT ', 'SELECT SLEEP(600), ');
    const attempt = await direct.freeze({ ...spec, queries: { ...spec.queries, count: select } });
    const stop = new AbortController();
    const reason = new Error('handed back');
    const running = direct.engine.run(attempt, watch(stop.signal));
    await until(async () => (await atWork()).length > 0);
    expect((await direct.engine.probe(attempt)).state).toBe('running');
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    await until(async () => (await atWork()).length === 0);
    expect(await stageOf(direct, attempt)).toEqual({ manifest: null, error: null, data: [] });
    expect((await direct.engine.probe(attempt)).state).toBe('nothing');
  });

  it('is cancelled, by its deadline or by the limit of a reading', async () => {
    const { spec } = await direct.attempt('alunos');
    const queries = { ...spec.queries, count: 'SELECT SLEEP(600)' };
    const attempt = await direct.freeze({ ...spec, queries });
    const running = direct.engine.run(attempt, watch());
    running.catch(() => undefined);
    await until(async () => (await atWork()).length > 0);
    await direct.engine.cancel(attempt, watch());
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(async () => (await atWork()).length === 0);
    const short = await openDirect({ maxReadMs: 200 });
    try {
      await short.admin.query('CREATE TABLE t (id INT)');
      const late = await short.attempt('t');
      const slow = { ...late.spec.queries, count: 'SELECT SLEEP(600)' };
      const error = await failure(await short.freeze({ ...late.spec, queries: slow }), short);
      expect(error).toMatchObject({ code: 'READ_DEADLINE' });
    } finally {
      await short.close();
    }
  });

  it('fails of a connection that is cut', async () => {
    const { spec } = await direct.attempt('alunos');
    const slow = await direct.freeze({ ...spec, queries: { ...spec.queries, count: 'SELECT SLEEP(600)' } });
    const failing = failure(slow);
    const [found] = await until(async () => {
      const rows = await atWork();
      return rows.length > 0 ? rows : undefined;
    });
    await direct.admin.query(`KILL ${found?.ID}`);
    expect(await failing).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it('fails of rows that are none, and its thread reads the next table', async () => {
    const one = await openDirect({ threads: 1 });
    try {
      await one.admin.query('CREATE TABLE t (id INT); INSERT INTO t VALUES (1)');
      const { spec } = await one.attempt('t');
      const broken = await one.freeze({
        ...spec,
        queries: { ...spec.queries, select: `${spec.queries.select.replace('SELECT ', 'SELECT 1, ')}` },
      });
      expect(await failure(broken, one)).toMatchObject({ code: 'UNEXPECTED' });
      const { manifest } = await run(await one.attempt('t'), one);
      expect(manifest?.rows).toBe(1);
    } finally {
      await one.close();
    }
  });
});

describe('the direct engine, where Cloud Storage fails', () => {
  it.each([
    ['away', { kind: 'error', status: 503 }, 'STAGE_UNAVAILABLE'],
    ['full, or refuses', { kind: 'error', status: 403 }, 'STAGE_DENIED'],
  ] as const)('says so, and leaves nothing: %s', async (_, fault, code) => {
    const proxy = await startFaultProxy(`http://${stackEnv()['GCS_API_ENDPOINT']}`);
    const direct = await openDirect({ gcsAddress: proxy.address });
    try {
      await direct.admin.query(MANY);
      const attempt = await direct.attempt('muitos');
      proxy.faults.add({ call: 'PUT', times: 100, fault });
      await expect(direct.engine.run(attempt, watch())).rejects.toMatchObject({ code });
      proxy.faults.clear();
      const { manifest, error, data } = await stageOf(direct, attempt);
      expect({ manifest, data, code: error?.code }).toEqual({ manifest: null, data: [], code });
    } finally {
      await direct.close();
      await proxy.close();
    }
  });
});
