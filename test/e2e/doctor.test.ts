import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/pipeline/doctor/finding.ts';
import { command } from '../support/commands.ts';
import { adutora } from '../support/processes.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox();
  await sandbox.admin.query(
    'CREATE TABLE alunos (id INT PRIMARY KEY); CREATE TABLE antiga (id INT) ENGINE=MyISAM',
  );
  await sandbox.adapters.destination.ensureDataset(sandbox.config.settings.HISTORY_DATASET);
  await sandbox.start(['scheduler', 'worker']);
});
afterAll(() => sandbox?.close());

const told = ({ code, found }: Finding) => (code ? `${code}: ${found}` : found);

/**
 * Processes of their own: many at a time in this one would hold each other's clocks up, and doctor
 * looks at clocks.
 */
async function examine(changes: Record<string, string> = {}, ...args: string[]) {
  const { code, stdout } = await adutora(['doctor', '--json', ...args], { ...sandbox.env, ...changes });
  const findings = JSON.parse(stdout) as Finding[];
  return { code, findings, of: (check: string) => findings.filter((finding) => finding.check === check) };
}

describe.concurrent('doctor', () => {
  it('finds a healthy installation healthy, and names what costs something', async () => {
    const { code, findings, of } = await examine();
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(code).toBe(0);
    const warned = findings.filter(({ status }) => status === 'warn').map(({ check }) => check);
    expect(warned).toEqual(['bucket.lifecycle']);
    expect(of('mysql.schemas')).toMatchObject([{ found: expect.stringContaining('2 tables, 1 not InnoDB') }]);
    expect(of('processes.alive')).toMatchObject([
      { found: expect.stringMatching(/:\d+ \(scheduler, worker\)/) },
    ]);
    expect(of('bigquery.dataset')).toHaveLength(2);
    for (const check of [
      'node.version',
      'redis.persistence',
      'mysql.tls',
      'mysql.role',
      'mysql.clock',
      'mysql.process',
      'mysql.dictionary',
      'bucket.writable',
      'bigquery.queries',
      'bigquery.writable',
      'dataproc.image',
      'dataproc.output',
      'secret.readable',
      'settings.processes',
      'rules.fit',
      'engine.tables',
    ])
      expect(of(check)).toMatchObject([{ status: 'ok' }]);
  });

  it('looks at what reading in the worker needs, where a table goes that way', async () => {
    const { of } = await examine({ INGEST_ENGINE: 'direct' });
    expect(of('engine.tables')).toMatchObject([{ status: 'ok', found: '2 tables by direct (setting 2)' }]);
    expect(of('engine.connections')).toMatchObject([
      {
        status: 'ok',
        found: expect.stringMatching(/^1 load at once, .* \d+ of max_connections \d+ are open$/),
      },
    ]);
    expect((await examine()).of('engine.connections')).toEqual([]);
  });

  it('reads well, each finding with its fix', async () => {
    const { code, stdout } = await adutora(['doctor'], { ...sandbox.env, INGEST_CONCURRENCY: '3' });
    expect(stdout).toMatch(
      /fail +settings\.processes +INGEST_CONCURRENCY differs: 1 \(.*\); 3 \(this command\)\n +→ Give every process/,
    );
    expect(stdout).toMatch(/\d+ ok, 1 warning, 1 failed\.\n$/);
    expect(code).toBe(1);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ['a wrong password', { MYSQL_PASSWORD: 'x' }, 'mysql.reachable', /SOURCE_ACCESS_DENIED/],
    ['no MySQL', { MYSQL_PORT: '9' }, 'mysql.reachable', /SOURCE_UNREACHABLE/],
    ['another schema', { MYSQL_SCHEMAS: 'nao_ha' }, 'mysql.schemas', /nao_ha is not there/],
    ['no Redis', { REDIS_URL: 'redis://127.0.0.1:9' }, 'redis.reachable', /REDIS_UNREACHABLE/],
    ['no bucket', { GCS_BUCKET: 'nao-ha' }, 'bucket.reachable', /BUCKET_MISSING/],
    ['no cluster', { DATAPROC_CLUSTER: 'nao-ha' }, 'dataproc.cluster', /nao-ha is not there/],
  ])('goes on where there is %s, and tells it', async (_, changes, check, found) => {
    const { code, of, findings } = await examine(changes);
    expect(of(check)).toMatchObject([{ status: 'fail', fix: expect.any(String) }]);
    expect(of(check).map(told)).toEqual([expect.stringMatching(found)]);
    expect(code).toBe(1);
    expect(findings.length).toBeGreaterThan(12);
  });
});

describe('doctor and adutora.yml', () => {
  it.each([
    [
      'a rule that matches nothing',
      'tables: { x.nao_ha: { columns: { a: { mask: nullify } } } }',
      /RULE_UNMATCHED.*x\.nao_ha/,
    ],
    [
      'a rule without columns that matches nothing',
      'tables: { SCHEMA.alunoss: { guard: { maxShrink: 5% } } }',
      /RULE_UNMATCHED.*no table \w+\.alunoss/,
    ],
    [
      'a design that does not fit',
      'source: { bigquery: { clusterBy: [nao_ha] } }',
      /TABLE_DESIGN_INVALID: \w+\.alunos would be refused: /,
    ],
  ])('tells of %s', async (_, rules, found) => {
    const folder = await mkdtemp(join(tmpdir(), 'adutora-rules-'));
    const named = rules.replace('SCHEMA', sandbox.config.settings.MYSQL_SCHEMAS[0] ?? '');
    await writeFile(join(folder, 'adutora.yml'), named);
    const { code, stdout } = await command(['doctor', '--json'], sandbox.env, folder);
    await rm(folder, { recursive: true });
    const fit = (JSON.parse(stdout) as Finding[]).filter(({ check }) => check === 'rules.fit');
    expect(fit[0]).toMatchObject({ status: 'fail' });
    expect(fit.map(told)[0]).toMatch(found);
    expect(code).toBe(1);
  });
});

describe('doctor --deep', () => {
  it('reaches MySQL from the cluster, by driver and executor', async () => {
    const { code, of } = await examine({}, '--deep');
    expect(of('dataproc.source')).toMatchObject([
      {
        status: 'ok',
        found: expect.stringMatching(/driver and executor reached [0-9a-f-]{36}, 8\.\S+ \(Spark 3\.5/),
      },
    ]);
    expect(code).toBe(0);
  });

  it('tells why the cluster does not reach it', async () => {
    const { code, of } = await examine({ MYSQL_USER: 'ninguem' }, '--deep');
    expect(of('mysql.reachable')).toMatchObject([{ status: 'fail' }]);
    expect(of('dataproc.source')).toMatchObject([{ status: 'fail', code: 'SOURCE_ACCESS_DENIED' }]);
    expect(code).toBe(1);
  });
});
