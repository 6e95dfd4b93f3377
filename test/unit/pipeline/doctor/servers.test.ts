import { describe, expect, it } from 'vitest';
import { judgeMysql } from '../../../../src/pipeline/doctor/mysql.ts';
import { judgeVersioned, upgradeProbes, versionedTables } from '../../../../src/pipeline/doctor/versioned.ts';
import type { Capture } from '../../../../src/pipeline/objects/capture.ts';
import { capture } from '../../../support/captures.ts';

describe('doctor looks at system-versioned tables', () => {
  const tables = [
    { schema: 's', table: 'plain' },
    { schema: 's', table: 'notas-2024' },
  ];
  const rows = tables.map(({ schema, table }, index) => ({
    table_schema: schema,
    table_name: table,
    table_type: index === 0 ? 'BASE TABLE' : 'SYSTEM VERSIONED',
  }));
  const versioned = versionedTables({ tables: { rows } });
  const told = (Msg_text: string) =>
    judgeVersioned(versioned, { [upgradeProbes(versioned)[0]?.name ?? '']: { rows: [{ Msg_text }] } });

  it('and names those that hide their rows until they are rebuilt, with the statement that does it', () => {
    expect(versioned).toEqual([tables[1]]);
    expect(told('Table rebuild required. Please do "ALTER TABLE `notas-2024` FORCE"')).toMatchObject([
      {
        status: 'fail',
        found: expect.stringContaining('s.`notas-2024`'),
        fix: expect.stringContaining('ALTER TABLE `s`.`notas-2024` FORCE;'),
      },
    ]);
  });

  it('and finds others in order, and says nothing where there are none', () => {
    expect(told('OK')).toMatchObject([{ check: 'mysql.versioned', status: 'ok' }]);
    expect(judgeVersioned([], {})).toEqual([]);
  });
});

describe('doctor looks at a server that hides its tablespaces from who lacks PROCESS (MySQL 9.7, MariaDB)', () => {
  const refused = { errno: 1227, message: 'denied' };
  const hidden = { open_transactions: refused, tablespaces: refused, dictionary: refused };
  const judge = (answers: Partial<Capture>) =>
    judgeMysql(capture({}, { ...hidden, ...answers }), {
      schemas: ['s'],
      tlsMode: 'disabled',
      asked: { from: new Date(), to: new Date() },
    });
  const grants = (answers: Partial<Capture>) =>
    judge(answers)
      .filter(({ check }) => check === 'mysql.process' || check === 'mysql.dictionary')
      .map(({ status, fix }) => `${status} ${fix}`);

  it('and fails, and writes the GRANT in full', () => {
    expect(grants({ user: { rows: [{ user: "o'h@a@10.%" }] } })).toEqual([
      "fail GRANT PROCESS ON *.* TO 'o''h@a'@'10.%';",
      "warn GRANT PROCESS ON *.* TO 'o''h@a'@'10.%';",
    ]);
    for (const user of [{ rows: [] }, { rows: [{ user: 'nobody' }] }])
      expect(grants({ user })[0]).toBe('fail GRANT PROCESS ON *.* TO MYSQL_USER;');
  });
});

it('doctor blames no clock for a look that took long', () => {
  const from = new Date('2026-11-28T06:00:00Z');
  const told = (seconds: number, ms: number) => {
    const clock = { rows: [{ now: String(from.getTime() / 1_000 + seconds) }] };
    const asked = { from, to: new Date(from.getTime() + ms) };
    return judgeMysql(capture({}, { clock } as Partial<Capture>), {
      schemas: ['s'],
      tlsMode: 'disabled',
      asked,
    })
      .filter(({ check }) => check === 'mysql.clock')
      .map(({ status, found }) => `${status} ${found}`);
  };
  expect(told(2, 60_000)).toEqual(['ok −28.0 s (± 30.0 s) against this machine']);
  expect(told(-6, 60_000)).toEqual(['warn −36.0 s (± 30.0 s) against this machine']);
  expect(told(7, 1_000)).toEqual(['warn +6.5 s (± 0.5 s) against this machine']);
});
