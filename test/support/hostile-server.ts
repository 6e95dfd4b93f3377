import type { Connection } from 'mysql2/promise';
import { expect } from 'vitest';
import type { Flavour } from '../../src/pipeline/column-mapping/canonical-text.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import type { Sandbox } from './sandbox.ts';

/** What a server may give to every new session that changes what a SELECT answers. */
const COMMON = {
  sql_select_limit: '2',
  max_join_size: '1',
  div_precision_increment: '0',
  autocommit: '0',
  init_connect: "'SET NAMES latin1'",
};
const OWN: Readonly<Record<Flavour, Readonly<Record<string, string>>>> = {
  mysql: { transaction_isolation: "'READ-UNCOMMITTED'" },
  // Rows of versioned tables as they were then.
  mariadb: { tx_isolation: "'READ-UNCOMMITTED'", system_versioning_asof: "'2001-01-01 00:00:00'" },
};

/**
 * Gives the server such defaults, and the sandbox a table `suja` of three rows, with a fourth that `writer` never commits.
 * What is returned takes the defaults back; sessions that are open keep what they have.
 */
export async function makeHostile(
  admin: Connection,
  writer: Connection,
  flavour: Flavour,
): Promise<() => Promise<void>> {
  await admin.query(
    `CREATE TABLE suja (id INT PRIMARY KEY COMMENT 'ação 表') ${flavour === 'mariadb' ? 'WITH SYSTEM VERSIONING' : ''}`,
  );
  await admin.query('INSERT INTO suja VALUES (1), (2), (3)');
  const set = async (given: (value: string) => string) => {
    for (const [name, value] of Object.entries({ ...COMMON, ...OWN[flavour] }))
      await admin.query(`SET GLOBAL ${name} = ${given(value)}`);
  };
  await set((value) => value);
  await writer.query('BEGIN');
  await writer.query('INSERT INTO suja VALUES (99)');
  return async () => {
    await writer.end();
    await set(() => 'DEFAULT');
  };
}

/** That table came whole, without the row that nobody committed, and with its comment. */
export async function expectUnharmed(sandbox: Sandbox, summary: SummaryObject): Promise<void> {
  expect(summary.tables.find(({ table }) => table === 'suja')).toMatchObject({
    status: 'loaded',
    errorMessage: null,
    rowsLoaded: 3,
  });
  const there = await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'suja' });
  expect(there?.columns).toMatchObject([{ name: 'id', description: 'ação 表' }]);
}
