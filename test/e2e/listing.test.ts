import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../src/pipeline/doctor/finding.ts';
import { readAcknowledged } from '../../src/pipeline/verify/gone-tables.ts';
import { changePauses, pause, resume } from '../../src/pipeline/verify/pauses.ts';
import { command } from '../support/commands.ts';
import { historyRow } from '../support/samples.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

/** Sees the tables that it was granted by name, and no others. */
const USER = `leitor_${process.pid}`;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox({ MYSQL_USER: USER });
  const { admin, schema, adapters, config, env } = sandbox;
  await admin.query(
    `CREATE TABLE t_visivel (id INT PRIMARY KEY); CREATE TABLE t_some (id INT PRIMARY KEY);
     INSERT INTO t_visivel VALUES (1), (2); INSERT INTO t_some VALUES (1), (2), (3);
     CREATE USER '${USER}'@'%' IDENTIFIED BY '${env['MYSQL_PASSWORD']}';
     GRANT PROCESS ON *.* TO '${USER}'@'%'; GRANT SELECT ON ${schema}.t_visivel TO '${USER}'@'%'`,
  );
  await adapters.history.ensureTable();
  const { SOURCE_ID: source_id } = config.settings;
  // Long before anything that staleness looks at.
  const row = { source_id, schema_name: schema, published_at: '2024-01-01T03:09:00.000Z' };
  const decided_at = '2024-01-01T03:00:00.000Z';
  await adapters.history.merge(
    ['t_visivel', 't_some'].map((table_name) => historyRow({ ...row, table_name, decided_at })),
  );
  // No rows need to travel.
  await changePauses(adapters.bucket, source_id, (before) => pause(before, 'all', new Date()));
  await sandbox.start(['worker']);
});
afterAll(async () => {
  await sandbox?.admin.query(`DROP USER '${USER}'@'%'`);
  await sandbox?.close();
});

const json = async (...args: string[]) =>
  JSON.parse((await command([...args, '--json'], sandbox.env)).stdout);
const text = async (...args: string[]) => (await command(args, sandbox.env)).stdout;
const reasonOf = (tables: { table: string; reason: string }[]) =>
  tables.find(({ table }) => table === 't_some')?.reason;
const TOLD =
  /1 table is gone from the listing: \w+\.t_some: dropped, renamed, or hidden from MYSQL_USER: check the grants/;

it('a table that left the view of the user is told everywhere, until a person acknowledges it', async () => {
  const summary = await sandbox.run();
  expect([summary.status, reasonOf(summary.tables)]).toEqual(['succeeded', 'gone_from_listing']);
  const [planned, known, why, runs, findings]: [string, object, object, object, Finding[]] =
    await Promise.all([
      text('plan'),
      json('tables'),
      json('why', 'table=t_some'),
      json('runs'),
      json('doctor'),
    ]);
  expect(planned).toMatch(TOLD);
  expect(planned).toMatch(/t_some +skip +gone_from_listing/);
  expect(known).toMatchObject([
    { table: 't_visivel', gone_from_listing: false },
    { table: 't_some', gone_from_listing: true, published: { published_at: '2024-01-01T03:09:00.000Z' } },
  ]);
  expect(why).toMatchObject({ now: { reason: 'gone_from_listing' } });
  expect(runs).toMatchObject([{ gone: [`${sandbox.schema}.t_some`] }]);
  expect(findings.find(({ check }) => check === 'mysql.listing')).toMatchObject({
    status: 'warn',
    found: expect.stringMatching(TOLD),
    fix: expect.stringContaining('npm run acknowledge -- table='),
  });
});

it('the command refuses a table that is listed', async () => {
  const { code, stderr } = await command(['acknowledge', 'table=t_visivel'], sandbox.env);
  expect(stderr).toMatch(/t_visivel: the source lists it/);
  expect(code).toBe(2);
});

it('acknowledged, it is quiet; listed again and gone again, it is told again', async () => {
  const { admin, schema, config, adapters } = sandbox;
  expect(await json('acknowledge', 'table=t_some')).toMatchObject({ tables: [{ table: 't_some' }] });
  expect(reasonOf((await sandbox.run()).tables)).toBeUndefined();
  const [planned, why] = await Promise.all([text('plan'), text('why', 'table=t_some')]);
  expect(planned).not.toMatch(/gone/);
  expect(why).toMatch(/Acknowledged at \d{4}-/);
  await admin.query(`GRANT SELECT ON ${schema}.t_some TO '${USER}'@'%'`);
  expect(reasonOf((await sandbox.run()).tables)).toBe('paused');
  expect((await readAcknowledged(adapters.bucket, config.settings.SOURCE_ID)).tables).toEqual([]);
  await admin.query(`REVOKE SELECT ON ${schema}.t_some FROM '${USER}'@'%'`);
  expect(reasonOf((await sandbox.run()).tables)).toBe('gone_from_listing');
});

it('a table whose columns were granted one by one is refused, by name', async () => {
  const { admin, schema, config, adapters } = sandbox;
  await changePauses(adapters.bucket, config.settings.SOURCE_ID, (before) => resume(before, 'all'));
  await admin.query(
    `CREATE TABLE aa_notas (id INT PRIMARY KEY, nota DECIMAL(4,2), obs VARCHAR(40));
     GRANT SELECT (id, nota) ON ${schema}.aa_notas TO '${USER}'@'%'`,
  );
  const [planned, why, findings]: [object[], object, Finding[]] = await Promise.all([
    json('plan'),
    json('why', 'table=aa_notas'),
    json('doctor'),
  ]);
  const refusal = expect.objectContaining({
    code: 'SOURCE_COLUMNS_HIDDEN',
    message: expect.stringMatching(/it sees id, nota\./),
  });
  expect(planned).toContainEqual(
    expect.objectContaining({ table: 'aa_notas', decision: 'refused', order: null, refusal }),
  );
  expect(why).toMatchObject({ now: { decision: 'refused', text: expect.stringMatching(/COLUMNS_HIDDEN/) } });
  const found = (check: string) => findings.find((finding) => finding.check === check);
  expect(found('mysql.columns')).toMatchObject({
    status: 'fail',
    found: expect.stringMatching(/columns only of 1 table: \w+\.aa_notas$/),
  });
  expect(found('rules.fit')).toMatchObject({ status: 'ok' });
});
