import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/pipeline/doctor/finding.ts';
import { judgeBucket, judgeCluster, judgeDataset } from '../../../../src/pipeline/doctor/google.ts';
import { judgeNode, judgeProcesses } from '../../../../src/pipeline/doctor/machine.ts';
import { judgeLocks, judgeMysql, judgeSelects, selectProbes } from '../../../../src/pipeline/doctor/mysql.ts';
import { judgeRules } from '../../../../src/pipeline/doctor/rules.ts';
import { judgeSecret } from '../../../../src/pipeline/doctor/secret.ts';
import type { Capture } from '../../../../src/pipeline/objects/capture.ts';
import type { LifecycleRule } from '../../../../src/pipeline/ports/inspection.ts';
import { capture } from '../../../support/captures.ts';
import { failure } from '../../../support/samples.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const statusOf = (findings: Finding[], check: string) =>
  findings
    .filter((one) => one.check === check)
    .map(({ status }) => status)
    .join();

describe('doctor looks at machine and queue', () => {
  it.each([
    ['24.1.0', 'ok'],
    ['20.20.2', 'fail'],
    ['26.0.0', 'ok'],
  ])('Node %s: %s', (version, status) => {
    expect(judgeNode(version).status).toBe(status);
  });

  const one = (name: string, settings: Record<string, string>, version = '1') => ({
    name,
    roles: ['worker', 'scheduler'],
    version,
    settings,
  });
  it.each([
    ['the same settings', [one('a:1', { X: '1' })], 'ok'],
    ['another value', [one('a:1', { X: '2' })], 'fail'],
    ['nobody alive', [], 'skipped'],
    ['a setting more', [one('a:1', { X: '1', Y: '1' })], 'fail'],
    ['another version', [one('a:1', { X: '1' }, '2')], 'warn'],
  ])('processes with %s', (_, alive, status) => {
    expect(statusOf(judgeProcesses(one('self', { X: '1' }), alive), 'settings.processes')).toBe(status);
  });

  it('names the processes that differ, and those that are missing', () => {
    const findings = judgeProcesses(one('self', { X: '1' }), [
      { ...one('a:1', { X: '2' }), roles: ['board'] },
    ]);
    expect(findings.map(({ found }) => found)).toEqual(['a:1 (board)', 'X differs: 2 (a:1); 1 (self)']);
    expect(findings[0]?.fix).toContain('missing: worker, scheduler');
  });
});

describe('doctor looks at the rules', () => {
  const refused = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      schema: 's',
      table: `t${index}`,
      refusal: failure('TABLE_DESIGN_INVALID', 'no'),
    }));

  it.each([
    [0, ['adutora.yml and the columns of 1 table fit']],
    [1, ['s.t0 would be refused: no']],
    [12, [...Array(10).fill(expect.stringMatching(/^s\.t/)), 'and 2 tables more']],
  ])('%i tables that every run would refuse', (count, told) => {
    const findings = judgeRules({ looked: 1, refused: refused(count) });
    expect(findings.map(({ found }) => found)).toEqual(told);
    expect(findings.every(({ status }) => status === (count === 0 ? 'ok' : 'fail'))).toBe(true);
  });
});

describe('doctor looks at the password', () => {
  it.each([
    ['a password', 'ok'],
    ['a password\n', 'warn'],
    [' a password', 'warn'],
  ])('%j: %s, and does not tell it', (value, status) => {
    const found = judgeSecret({ kind: 'secret', name: 'projects/p/secrets/s/versions/1' }, value);
    expect(found.status).toBe(status);
    expect(JSON.stringify(found)).not.toContain('a password');
  });
});

describe('doctor looks at MySQL', () => {
  const healthy: Partial<Capture> = {
    tls: { rows: [{ Variable_name: 'Ssl_cipher', Value: 'TLS_AES_128_GCM_SHA256' }] },
    read_only: { rows: [{ read_only: '0', innodb_read_only: '0' }] },
    clock: { rows: [{ now: String(NOW.getTime() / 1_000 + 1) }] },
    grants: { rows: [{ g: "GRANT SELECT, PROCESS ON *.* TO 'adutora'@'%'" }] },
  };
  const judge = (
    changes: Partial<Capture> = {},
    schemas = ['s'],
    tlsMode: Parameters<typeof judgeMysql>[1]['tlsMode'] = 'verify-identity',
  ) =>
    judgeMysql(capture({}, { ...healthy, ...changes } as Partial<Capture>), {
      schemas,
      tlsMode,
      asked: { from: NOW, to: NOW },
    });
  const refused = { errno: 1227, message: 'denied' };
  const server = (name: string, Value: string) => ({
    server: {
      rows: [
        { Variable_name: 'server_uuid', Value: '1' },
        { Variable_name: 'version', Value: '8.0.31' },
        { Variable_name: name, Value },
      ],
    },
  });

  it.each([
    ['verify-identity', 'ok'],
    ['verify-ca', 'ok'],
    ['required', 'warn'],
    ['disabled', 'ok'],
  ] as const)('and says of MYSQL_TLS=%s: %s', (mode, status) => {
    const found = judge({}, ['s'], mode).find(({ check }) => check === 'mysql.tls');
    expect(found?.status).toBe(status);
  });

  it('and finds nothing wrong with a healthy one', () => {
    expect(judge().filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it.each<[string, Partial<Capture>, string, string]>([
    ['no encryption', { tls: { rows: [{ Variable_name: 'Ssl_cipher', Value: '' }] } }, 'mysql.tls', 'fail'],
    ['a reader', { read_only: { rows: [{ read_only: '0', innodb_read_only: '1' }] } }, 'mysql.role', 'fail'],
    [
      'a clock that is off',
      { clock: { rows: [{ now: String(NOW.getTime() / 1_000 - 60) }] } },
      'mysql.clock',
      'warn',
    ],
    ['no PROCESS', { open_transactions: refused }, 'mysql.process', 'warn'],
    [
      'too many rights',
      { grants: { rows: [{ g: "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%'" }] } },
      'mysql.grants',
      'warn',
    ],
    [
      'an old transaction',
      {
        open_transactions: {
          rows: [{ oldest_epoch: '1', oldest_writer_epoch: String(NOW.getTime() / 1_000 - 7_200) }],
        },
      },
      'mysql.transactions',
      'warn',
    ],
    [
      'a small dictionary cache',
      { ...server('table_definition_cache', '400'), dictionary: { rows: [{ spaces: '900' }] } },
      'mysql.dictionary',
      'warn',
    ],
    ['a schema that is not there', { schemas: { rows: [] } }, 'mysql.schemas', 'fail'],
    ['a schema without tables', { tables: { rows: [] } }, 'mysql.schemas', 'warn'],
    ['MariaDB', server('version_comment', 'MariaDB Server'), 'mysql.reachable', 'ok'],
  ])('%s', (_, changes, check, status) => {
    const findings = judge(changes);
    expect(statusOf(findings, check)).toBe(status);
    expect(findings.filter((one) => one.status !== 'ok').every(({ fix }) => fix !== null)).toBe(true);
  });

  it('and finds the tables that may not be read', () => {
    const tables = Array.from({ length: 12 }, (_, index) => ({ schema: 's', table: `t${index}` }));
    const [first, second] = selectProbes(tables).map(({ name }) => name);
    expect(judgeSelects(tables, { [first ?? '']: { rows: [] } }).status).toBe('ok');
    expect(judgeSelects(tables, { [second ?? '']: refused })).toMatchObject({
      status: 'fail',
      found: '1 of 12 tables may not be read, such as s.t1',
    });
  });
});

describe('doctor looks at locks', () => {
  const tables = [
    { schema: 's', table: 't' },
    { schema: 's', table: 'u' },
  ];
  const [, second] = selectProbes(tables).map(({ name }) => name);
  const busy = { [second ?? '']: { errno: 1205, message: 'Lock wait timeout exceeded' } };
  const lock = {
    lock_status: 'GRANTED',
    thread: '84',
    user: 'app',
    host: 'h',
    doing: 'SLEEP',
    seconds: '340',
  };

  it('and says nothing where there are none', () => {
    expect(judgeLocks(tables, capture(), {})).toEqual([]);
  });

  it('and tells a table that is locked from one that may not be read, and by whom', () => {
    expect(judgeSelects(tables, busy).status).toBe('ok');
    const told = capture({}, { locks: { rows: [{ table_schema: 's', table_name: 'u', ...lock }] } });
    expect(judgeLocks(tables, told, busy)).toMatchObject([
      {
        status: 'warn',
        check: 'mysql.locks',
        found: '1 of 2 tables locked, such as s.u is locked: held by thread 84 of app@h (SLEEP, 340 s).',
      },
    ]);
  });

  it('and finds those that the server could not open, and says where more would be told', () => {
    const message = 'Lock wait timeout exceeded; try restarting transaction';
    const untold = capture(
      { table_comment: message },
      {
        tables_warnings: { rows: [{ Code: '1205', Message: message }] },
        locks: { errno: 1142, message: 'SELECT command denied' },
        locks_waiting: { rows: [{ ...lock, doing: 'RENAME' }] },
      },
    );
    const [found] = judgeLocks(tables, untold, {});
    expect(found?.found).toMatch(
      /^1 of 2 tables locked, such as s\.t is locked: .*performance_schema.*waits thread 84 of app@h \(RENAME, 340 s\)\.$/,
    );
  });
});

describe('doctor looks at Google', () => {
  const rule = (changes: Partial<LifecycleRule>): LifecycleRule => ({
    action: 'Delete',
    ageDays: 30,
    prefixes: ['main/stage/'],
    ...changes,
  });
  it.each<[string, LifecycleRule[], string]>([
    ['stages after 30 days', [rule({})], 'ok'],
    ['nothing', [], 'warn'],
    ['another installation only', [rule({ prefixes: ['other/'] })], 'warn'],
    ['another class of storage only', [rule({ action: 'SetStorageClass', prefixes: [] })], 'warn'],
    ['stages after a day', [rule({ ageDays: 1 })], 'fail'],
    ['everything', [rule({ prefixes: [] })], 'fail'],
    ['all of this installation', [rule({ prefixes: ['main/'] })], 'fail'],
    ['what begins with m', [rule({ prefixes: ['m'] })], 'fail'],
  ])('a lifecycle that deletes %s', (_, lifecycle, status) => {
    const findings = judgeBucket(
      { location: 'US-CENTRAL1', lifecycle },
      { bucket: 'b', sourceId: 'main', bigqueryLocation: 'us-central1' },
    );
    expect(statusOf(findings, 'bucket.lifecycle')).toBe(status);
  });

  it.each([
    ['US-CENTRAL1', 'us-central1', 'ok'],
    ['US', 'us-central1', 'ok'],
    ['EU', 'europe-west1', 'ok'],
    ['SOUTHAMERICA-EAST1', 'US', 'ok'],
    ['US-CENTRAL1', 'southamerica-east1', 'fail'],
    ['US-CENTRAL1', 'EU', 'warn'],
    ['US-CENTRAL1', null, 'ok'],
  ])('a bucket in %s and BigQuery in %s: %s', (location, bigqueryLocation, status) => {
    const findings = judgeBucket(
      { location, lifecycle: [] },
      { bucket: 'b', sourceId: 'main', bigqueryLocation },
    );
    expect(statusOf(findings, 'bucket.location')).toBe(status);
  });

  it.each([
    ['is not there', null, ['ok']],
    ['is as it should be', { location: 'us', tableExpirationMs: null, partitionExpirationMs: null }, ['ok']],
    ['is elsewhere', { location: 'EU', tableExpirationMs: null, partitionExpirationMs: null }, ['fail']],
    [
      'forgets its tables',
      { location: 'US', tableExpirationMs: 86_400_000, partitionExpirationMs: null },
      ['ok', 'fail'],
    ],
    [
      'forgets its partitions',
      { location: 'US', tableExpirationMs: null, partitionExpirationMs: 1 },
      ['ok', 'fail'],
    ],
  ])('a dataset that %s', (_, facts, statuses) => {
    expect(judgeDataset('d', facts, 'US').map(({ status }) => status)).toEqual(statuses);
  });

  it.each([
    ['RUNNING', '2.2.58-debian12', ['ok', 'ok']],
    ['UPDATING', '2.3.1', ['ok', 'ok']],
    ['STOPPED', '2.2.58-debian12', ['fail', 'ok']],
    ['RUNNING', '2.1.12-debian11', ['ok', 'fail']],
    ['RUNNING', '1.5', ['ok', 'fail']],
  ])('a cluster that is %s on image %s', (state, imageVersion, statuses) => {
    const findings = judgeCluster('c', { state, imageVersion, outputBucket: null });
    expect(findings.map(({ status }) => status)).toEqual(statuses);
  });

  it('a cluster that is not there', () => {
    expect(judgeCluster('c', null)).toMatchObject([{ status: 'fail' }]);
  });
});
