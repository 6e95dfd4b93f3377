import type { Connection } from 'mysql2/promise';
import { expect } from 'vitest';
import type { Flavour, SummaryObject } from '../../src/pipeline/objects/run.ts';
import { MODES_OF_VALUES } from '../../src/pipeline/source/session.ts';
import type { Sandbox } from './sandbox.ts';
import { expectVirtuals, makeVirtuals } from './virtual-columns.ts';

/**
 * Flags that change how SQL is read or what it gives: those of values, and those that Adutora does
 * not take over.
 */
const MODES = [
  ...MODES_OF_VALUES.filter((name) => !name.startsWith('TIME_')),
  ...['PAD_CHAR_TO_FULL_LENGTH', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'HIGH_NOT_PRECEDENCE', 'IGNORE_SPACE'],
  ...['STRICT_ALL_TABLES', 'ERROR_FOR_DIVISION_BY_ZERO', 'ONLY_FULL_GROUP_BY'],
].join(',');

/** What a server may give to every new session that changes what a SELECT answers. */
const COMMON = {
  sql_select_limit: '2',
  max_join_size: '1',
  div_precision_increment: '0',
  autocommit: '0',
  init_connect: "'SET NAMES latin1'",
};
const OWN: Readonly<Record<Flavour, Readonly<Record<string, string>>>> = {
  mysql: {
    transaction_isolation: "'READ-UNCOMMITTED'",
    sql_mode: `'${MODES},TIME_TRUNCATE_FRACTIONAL'`,
  },
  mariadb: {
    tx_isolation: "'READ-UNCOMMITTED'",
    // Rows of versioned tables as they were then.
    system_versioning_asof: "'2001-01-01 00:00:00'",
    sql_mode: `'${MODES},TIME_ROUND_FRACTIONAL,EMPTY_STRING_IS_NULL'`,
  },
};

/** As JDBC reads it, the name of a column holds a date. */
const ESCAPE = "`preco {d '2024-01-01'}`";

/**
 * Gives the server such defaults, and the sandbox a table `suja` of three rows, with a fourth that
 * `writer` never commits. Beside it lie tables whose virtual columns follow the sql_mode. What is
 * returned takes the defaults back; sessions that are open keep what they have.
 */
export async function makeHostile(
  admin: Connection,
  writer: Connection,
  flavour: Flavour,
): Promise<() => Promise<void>> {
  await admin.query(
    `CREATE TABLE suja (id INT PRIMARY KEY COMMENT 'ação 表', ${ESCAPE} INT DEFAULT 5) ${flavour === 'mariadb' ? 'WITH SYSTEM VERSIONING' : ''}`,
  );
  await admin.query('INSERT INTO suja (id) VALUES (1), (2), (3)');
  const set = async (given: (value: string) => string) => {
    for (const [name, value] of Object.entries({ ...COMMON, ...OWN[flavour] }))
      await admin.query(`SET GLOBAL ${name} = ${given(value)}`);
  };
  await set((value) => value);
  // The stack's MySQL has English words only.
  await admin.query("SET GLOBAL lc_messages = 'pt_BR'").catch(() => undefined);
  await makeVirtuals(admin);
  await writer.query('BEGIN');
  await writer.query('INSERT INTO suja (id) VALUES (99)');
  return async () => {
    await writer.end();
    await set(() => 'DEFAULT');
    await admin.query('SET GLOBAL lc_messages = DEFAULT');
  };
}

/**
 * That table came whole, without the row that nobody committed, and with its comment; and what is
 * computed came as the application reads it.
 */
export async function expectUnharmed(
  sandbox: Sandbox,
  summary: SummaryObject,
  flavour: Flavour,
): Promise<void> {
  expect(summary.tables.find(({ table }) => table === 'suja')).toMatchObject({
    status: 'loaded',
    failure: null,
    rowsLoaded: 3,
  });
  const there = await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'suja' });
  expect(there?.columns).toMatchObject([
    { name: 'id', description: 'ação 表' },
    { name: 'preco__d__2024_01_01__' },
  ]);
  await expectVirtuals(sandbox, summary, flavour);
}
