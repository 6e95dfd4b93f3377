import { describe, expect, it } from 'vitest';
import type { Capture } from '../../../../src/pipeline/objects/capture.ts';
import { readServer } from '../../../../src/pipeline/source/server.ts';
import { capture, signatureOf } from '../../../support/captures.ts';

const transactions = (oldest: string | null, writer: string | null): Partial<Capture> => ({
  open_transactions: { rows: [{ oldest_epoch: oldest, oldest_writer_epoch: writer }] },
});
const mariadb: Partial<Capture> = {
  server: {
    rows: [
      { Variable_name: 'version', Value: '10.11.19-MariaDB' },
      { Variable_name: 'hostname', Value: 'h' },
      { Variable_name: 'table_definition_cache', Value: '2000' },
    ],
  },
};
const server = (variables: Record<string, string>): Partial<Capture> => ({
  server: { rows: Object.entries(variables).map(([Variable_name, Value]) => ({ Variable_name, Value })) },
});
const noProcess: Partial<Capture> = { open_transactions: { errno: 1227, message: 'Access denied' } };
const at = '2026-01-02 00:00:00';
const LOCKED = 'Lock wait timeout exceeded; try restarting transaction';

describe('judging UPDATE_TIME', () => {
  it.each<[string, Record<string, string | null>, Partial<Capture>, object]>([
    ['settled, nothing open', {}, {}, { state: 'known', at }],
    ['younger than the settle time', { server_epoch: '5009' }, {}, { state: 'unknown', why: 'recent', at }],
    ['just as old as the settle time', { server_epoch: '5010' }, {}, { state: 'known', at }],
    [
      'a writer open since before the stamp',
      {},
      transactions('100', '100'),
      { state: 'unknown', why: 'open_transaction', at },
    ],
    [
      'a writer open since the second after the stamp',
      {},
      transactions('5001', '5001'),
      { state: 'unknown', why: 'open_transaction', at },
    ],
    ['a writer begun later', {}, transactions('5002', '5002'), { state: 'known', at }],
    ['a long report on MySQL', {}, transactions('100', null), { state: 'known', at }],
    [
      'a long report on MariaDB',
      {},
      { ...mariadb, ...transactions('100', null) },
      { state: 'unknown', why: 'open_transaction', at },
    ],
    [
      'a reader of a cluster, which does not see who writes',
      {},
      server({ server_uuid: '1', version: '8.0.31', innodb_read_only: 'ON' }),
      { state: 'unknown', why: 'no_signal', at },
    ],
    ['MySQL without PROCESS', {}, noProcess, { state: 'known', at }],
    [
      'open transactions refused for another reason than PROCESS',
      {},
      { open_transactions: { errno: 3024, message: 'maximum statement execution time exceeded' } },
      { state: 'unknown', why: 'open_transaction', at },
    ],
    [
      'MariaDB without PROCESS',
      {},
      { ...mariadb, ...noProcess },
      { state: 'unknown', why: 'open_transaction', at },
    ],
    [
      'NULL where nothing can be evicted',
      { update_time: null, update_epoch: null },
      {},
      { state: 'unwritten_since_boot' },
    ],
    [
      'NULL of a table made moments ago',
      { update_time: null, update_epoch: null, create_epoch: '8991' },
      {},
      { state: 'unknown', why: 'recent', at: null },
    ],
    [
      'NULL of a table made just as long ago as stamps settle',
      { update_time: null, update_epoch: null, create_epoch: '8990' },
      {},
      { state: 'unwritten_since_boot' },
    ],
    [
      'NULL of a server started moments ago',
      { update_time: null, update_epoch: null },
      { boot: { rows: [{ boot_epoch: '8991' }] } },
      { state: 'unknown', why: 'recent', at: null },
    ],
    [
      'NULL where the server does not tell when the table was made',
      { update_time: null, update_epoch: null, create_epoch: null },
      {},
      { state: 'unknown', why: 'recent', at: null },
    ],
    [
      'NULL where the cache is small',
      { update_time: null, update_epoch: null },
      { dictionary: { rows: [{ spaces: '1990' }] } },
      { state: 'unknown', why: 'evicted_or_restarted', at: null },
    ],
    [
      'NULL where each of many partitions takes a place in the cache',
      { update_time: null, update_epoch: null },
      {
        partitions: {
          rows: Array.from({ length: 1_900 }, (_, index) => ({
            table_schema: 's',
            table_name: 't',
            partition_name: `p${index}`,
          })),
        },
      },
      { state: 'unknown', why: 'evicted_or_restarted', at: null },
    ],
    [
      'NULL where tables of a general tablespace cannot be counted',
      { update_time: null, update_epoch: null },
      { dictionary: { rows: [{ spaces: '10', shared: '1' }] } },
      { state: 'unknown', why: 'evicted_or_restarted', at: null },
    ],
    [
      'NULL where tables are made in the tablespace of the system',
      { update_time: null, update_epoch: null },
      {
        server: {
          rows: [
            { Variable_name: 'server_uuid', Value: '1' },
            { Variable_name: 'table_definition_cache', Value: '2000' },
            { Variable_name: 'innodb_file_per_table', Value: 'OFF' },
          ],
        },
      },
      { state: 'unknown', why: 'evicted_or_restarted', at: null },
    ],
    [
      'NULL where the number of tables is not known',
      { update_time: null, update_epoch: null },
      { dictionary: { errno: 1109, message: 'Unknown table' } },
      { state: 'unknown', why: 'evicted_or_restarted', at: null },
    ],
    [
      'NULL of a table that was locked (MySQL 8.0.31)',
      { update_time: null, update_epoch: null, table_rows: '4294967295', table_comment: LOCKED },
      { tables_warnings: { rows: [{ Level: 'Warning', Code: '1205', Message: LOCKED }] } },
      { state: 'unknown', why: 'locked', at: null },
    ],
    [
      'NULL of a table that was locked (MariaDB 10.11)',
      { engine: null, update_time: null, update_epoch: null, create_epoch: null, table_comment: LOCKED },
      { ...mariadb, tables_warnings: { rows: [{ Level: 'Warning', Code: '1205', Message: LOCKED }] } },
      { state: 'unknown', why: 'locked', at: null },
    ],
    [
      'NULL of a table that the server could not open for another reason',
      { update_time: null, update_epoch: null, table_comment: 'Tablespace is missing' },
      { tables_warnings: { rows: [{ Level: 'Error', Code: '1812', Message: 'Tablespace is missing' }] } },
      { state: 'unknown', why: 'no_signal', at: null },
    ],
    [
      'NULL of a table that was locked, at a server that keeps no warnings',
      { update_time: null, update_epoch: null, bytes: '0', table_comment: LOCKED },
      { tables_warnings: { rows: [] } },
      { state: 'unknown', why: 'no_signal', at: null },
    ],
    [
      'a comment that reads like a lock, and no warning',
      { update_time: null, update_epoch: null, table_comment: LOCKED },
      { tables_warnings: { rows: [] } },
      { state: 'unwritten_since_boot' },
    ],
    [
      'NULL of another engine',
      { update_time: null, update_epoch: null, engine: 'MEMORY' },
      {},
      { state: 'unknown', why: 'no_signal', at: null },
    ],
  ])('%s', (_, table, more, expected) => {
    expect(signatureOf(capture(table, more), 10).updateTime).toEqual(expected);
  });
});

describe('readServer', () => {
  const facts = (more: Partial<Capture>) => readServer(capture({}, more));

  it.each<[Record<string, string>, string, string]>([
    [{ aurora_server_id: 'writer-1', server_uuid: '1', version: '8.0.36' }, 'aurora:writer-1', 'mysql'],
    [{ aurora_server_id: '', server_uuid: '1', version: '8.0.36' }, 'uuid:1', 'mysql'],
    [{ server_uid: 'x', version: '11.4.2-MariaDB' }, 'uid:x', 'mariadb'],
    [
      {
        hostname: 'h',
        port: '3306',
        server_id: '7',
        version: '10.11.9',
        version_comment: 'mariadb.org binary',
      },
      'host:h/3306/7',
      'mariadb',
    ],
    [{}, 'host://', 'mysql'],
  ])('%j is %s, %s', (variables, identity, flavour) => {
    expect(facts(server(variables))).toMatchObject({ identity, flavour });
  });

  it('takes the boot from where the flavour has it, and does without neither', () => {
    const refused = { errno: 1109, message: 'Unknown table' };
    const boot_mariadb = { rows: [{ boot_epoch: '7' }] };
    expect(facts({ boot: refused, boot_mariadb }).bootEpoch).toBe('7');
    expect(() => facts({ boot: refused })).toThrow('did not report its uptime');
  });

  it('names a variable that is not there, or NULL, nothing at all', () => {
    const rows = [{ Variable_name: null, Value: null }];
    expect(facts({ server: { rows } })).toMatchObject({ version: '', dictionary: null, isReader: false });
  });
});

describe('storage identity', () => {
  const spaces = (...rows: [string, string][]) => ({
    tablespaces: { rows: rows.map(([name, space]) => ({ name, space })) },
  });

  it('is found whatever the letter case of the listing, where case does not count', () => {
    const at = (mode: string) =>
      signatureOf(
        capture(
          { table_schema: 'S', table_name: 't' },
          {
            ...server({ server_uuid: '1', version: '8.0.31', lower_case_table_names: mode }),
            ...spaces(['s/t', '7']),
          },
        ),
      ).storage;
    expect(at('1')).not.toBeNull();
    expect(at('2')).toBe(at('1'));
    expect(at('0')).toBeNull();
  });

  it('changes with the space id and with partitions, not with other tables', () => {
    const one = signatureOf(capture({}, spaces(['s/t', '7'])));
    expect(signatureOf(capture({}, spaces(['s/t', '8']))).storage).not.toBe(one.storage);
    expect(signatureOf(capture({}, spaces(['s/t', '7'], ['s/tt', '9'], ['s/t2', '9']))).storage).toBe(
      one.storage,
    );
    expect(signatureOf(capture({}, spaces(['s/t#p#p1', '1'], ['s/t#P#p2', '2']))).storage).not.toBeNull();
  });

  it('is unknown without a tablespace of its own', () => {
    expect(signatureOf(capture({}, { tablespaces: { rows: [] } })).storage).toBeNull();
  });
});
