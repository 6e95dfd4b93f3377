import type { Connection, RowDataPacket } from 'mysql2/promise';
import { expect } from 'vitest';
import type { Flavour, SummaryObject } from '../../src/pipeline/objects/run.ts';
import type { Sandbox } from './sandbox.ts';
import { readArrived } from './values/destination.ts';

/**
 * Each has another value under an empty sql_mode than under all flags of `MODES_OF_VALUES`. `saldo`
 * and `falta`, and `barra` on MySQL, have that of the session that opened the table, whoever reads.
 */
const VIRTUALS: Readonly<Record<string, string>> = {
  saldo: 'BIGINT AS (i_credito - i_debito)',
  falta: 'INT AS ((i_credito - i_debito) < 0)',
  barra: String.raw`INT AS (i_texto LIKE 'a\_b')`,
  zero: 'VARCHAR(30) AS (CAST(CAST(i_zero AS DATE) AS CHAR))',
  mes: 'VARCHAR(30) AS (CAST(CAST(i_mes AS DATE) AS CHAR))',
  dia: 'VARCHAR(30) AS (CAST(CAST(i_dia AS DATE) AS CHAR))',
  hora: 'VARCHAR(30) AS (CAST(CAST(i_hora AS TIME) AS CHAR))',
};
const NAMES = Object.keys(VIRTUALS);
/**
 * What the application reads of the second row; MariaDB cuts fractions unless told to round, and
 * keeps LIKE as it was written.
 */
const EXPECTED = { saldo: '-4', falta: '1', zero: null, mes: null, dia: '2024-02-31' };
const OWN: Readonly<Record<Flavour, Readonly<Record<string, string>>>> = {
  mysql: { barra: '0', hora: '10:00:00' },
  mariadb: { barra: '1', hora: '10:00:01' },
};

const REFUSED = {
  status: 'failed',
  failure: {
    code: 'SOURCE_VALUE_REFUSED',
    message: expect.stringMatching(/BIGINT value is out of range in .*credito.*errno 1690/),
  },
};

/**
 * `virtuais`, made and filled under the global sql_mode, as the application would, and `sem_modo`,
 * one of whose values that mode does not give. Nobody has them open afterwards: who reads them
 * first opens them under a mode of its own.
 */
export async function makeVirtuals(admin: Connection): Promise<void> {
  const columns = NAMES.map((name) => `${name} ${VIRTUALS[name]} VIRTUAL`);
  await under('@@GLOBAL.sql_mode', admin, async () => {
    await admin.query(`CREATE TABLE virtuais (id INT PRIMARY KEY, i_credito INT UNSIGNED, i_debito INT UNSIGNED, i_texto VARCHAR(9),
      i_zero VARCHAR(30), i_mes VARCHAR(30), i_dia VARCHAR(30), i_hora TIME(6), ${columns.join(', ')})`);
    // Strict modes refuse what they cannot compute; rows from other times may lie there.
    await admin.query(`INSERT IGNORE INTO virtuais (id, i_credito, i_debito, i_texto, i_zero, i_mes, i_dia, i_hora)
      VALUES (2, 5, 9, 'a_b', '0000-00-00', '2024-00-10', '2024-02-31', '10:00:00.6')`);
  });
  await under("''", admin, async () => {
    await admin.query(`CREATE TABLE sem_modo (id INT PRIMARY KEY, credito BIGINT UNSIGNED, debito BIGINT UNSIGNED,
      saldo BIGINT UNSIGNED AS (credito - debito) VIRTUAL)`);
    await admin.query(
      'INSERT INTO sem_modo (id, credito, debito) VALUES (1, 10, 3), (2, 18446744073709551615, 0)',
    );
  });
  await admin.query('FLUSH TABLES virtuais, sem_modo');
}

/**
 * What the application reads of the one arrived, and the application still reads it. The other ends
 * its load at the first attempt on MySQL, in words that the server would have said in another
 * language.
 */
export async function expectVirtuals(
  sandbox: Sandbox,
  summary: SummaryObject,
  flavour: Flavour,
): Promise<void> {
  const expected = { ...EXPECTED, ...OWN[flavour] };
  const read = await under('@@GLOBAL.sql_mode', sandbox.admin, () =>
    sandbox.admin.query<RowDataPacket[]>(
      `SELECT ${NAMES.map((name) => `CONCAT(${name}) AS ${name}`).join(', ')} FROM virtuais`,
    ),
  );
  expect(read[0]).toEqual([expected]);
  expect(summary.tables.find(({ table }) => table === 'virtuais')).toMatchObject({ status: 'loaded' });
  expect((await readArrived(sandbox, 'virtuais')).rows.get('2')).toMatchObject(expected);
  const without = summary.tables.find(({ table }) => table === 'sem_modo');
  // MariaDB gives some value where MySQL gives an error.
  if (flavour === 'mariadb') expect(without).toMatchObject({ status: 'loaded' });
  else expect(without).toMatchObject({ ...REFUSED, attempts: 1 });
}

async function under<T>(mode: string, admin: Connection, work: () => Promise<T>): Promise<T> {
  await admin.query(`SET @mode = @@sql_mode, sql_mode = ${mode}`);
  return work().finally(() => admin.query('SET sql_mode = @mode'));
}
