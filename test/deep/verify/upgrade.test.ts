import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceQueries } from '../../../src/adapters/mysql/source-queries.ts';
import { doctorQueries, judgeMysql } from '../../../src/pipeline/doctor/mysql.ts';
import { judgeVersioned, upgradeProbes, versionedTables } from '../../../src/pipeline/doctor/versioned.ts';
import { sessionStatements } from '../../../src/pipeline/source/session.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../../support/private-server.ts';
import { findServer } from '../../support/servers.ts';
import { SETTLED_MS } from '../../support/verify/event-matrix.ts';
import { openWorld } from '../../support/verify/world.ts';
import { pause } from '../../support/wait.ts';

const TABLES = 'CREATE DATABASE u; CREATE TABLE u.t (id INT PRIMARY KEY); INSERT INTO u.t VALUES (1), (2)';
const run = async (server: PrivateServer, sql: string) => {
  const admin = await connectTo(server);
  await admin.query(sql).finally(() => admin.end());
};
const sourceOf = (server: PrivateServer) =>
  createSourceQueries({
    address: { host: '127.0.0.1', port: server.port, user: server.reader.user, tls: { mode: 'disabled' } },
    password: async () => server.reader.password,
  });
const mariadb = await findServer('mariadb-11.8');
const mysql = await findServer('mysql-9.7');

describe.skipIf(mariadb.isMissing)(`a data folder of MariaDB 10.11 opened by ${mariadb.label}`, () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startPrivateServer('mariadb-10.11');
  });
  afterAll(() => server?.stop());

  it('is loaded anew and then at rest; the tables that hide their rows are named until they are rebuilt', async () => {
    await run(
      server,
      `${TABLES}; CREATE TABLE u.v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO u.v VALUES (1), (2)`,
    );
    await pause(SETTLED_MS);
    const world = openWorld({ server, schemas: ['u'] });
    await world.night();
    await server.become('mariadb-11.8', 'same');
    await pause(SETTLED_MS);
    // Its server_uid names the machine and the port, not the data.
    expect(await world.night()).toEqual({ 'u.t': 'load unknown_restart', 'u.v': 'load unknown_restart' });
    expect(await world.plan()).toEqual({ 'u.t': 'skip unchanged', 'u.v': 'skip unchanged' });
    const asked = async () => {
      const sourceQueries = sourceOf(server);
      const capture = await sourceQueries.capture({
        session: sessionStatements(),
        queries: doctorQueries(['u']),
      });
      const versioned = versionedTables(capture);
      const answers = await sourceQueries.capture({
        session: sessionStatements(),
        queries: upgradeProbes(versioned),
      });
      return judgeVersioned(versioned, answers);
    };
    expect(await asked()).toMatchObject([
      {
        status: 'fail',
        found: expect.stringContaining('u.v'),
        fix: expect.stringContaining('ALTER TABLE `u`.`v` FORCE;'),
      },
    ]);
    await run(server, 'ALTER TABLE u.v FORCE');
    expect(await asked()).toMatchObject([{ status: 'ok' }]);
    await pause(SETTLED_MS);
    expect(await world.night()).toMatchObject({ 'u.v': expect.stringMatching(/^load changed_/) });
    expect(await world.differences()).toEqual([]);
  });
});

describe.skipIf(mysql.isMissing)(`a MySQL 8.0 whose place ${mysql.label} takes`, () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startPrivateServer('mysql-8.0');
  });
  afterAll(() => server?.stop());

  /**
   * 9.7 opens the data of 8.4 alone, which is not to be had here: the rows come by a dump, as most
   * do it.
   */
  it('is loaded anew and then at rest; doctor asks for PROCESS, which 8.0 could do without', async () => {
    await run(server, TABLES);
    const lacking = `REVOKE PROCESS ON *.* FROM '${server.reader.user}'@'%'`;
    await run(server, lacking);
    await pause(SETTLED_MS);
    const world = openWorld({ server, schemas: ['u'] });
    await world.night();
    expect(await world.plan()).toEqual({ 'u.t': 'skip unchanged' });
    const process = async () => {
      const capture = await sourceOf(server).capture({
        session: sessionStatements(),
        queries: doctorQueries(['u']),
      });
      const findings = judgeMysql(capture, {
        schemas: ['u'],
        tlsMode: 'disabled',
        asked: { from: new Date(), to: new Date() },
      });
      return findings.find(({ check }) => check === 'mysql.process');
    };
    expect(await process()).toMatchObject({ status: 'warn' });
    await server.become('mysql-9.7', 'new');
    await run(server, `${TABLES}; ${lacking}`);
    await pause(SETTLED_MS);
    expect(await world.night()).toEqual({ 'u.t': 'load unknown_server' });
    expect(await world.plan()).toEqual({ 'u.t': 'load unknown_no_signal' });
    const grant = `GRANT PROCESS ON *.* TO '${server.reader.user}'@'%';`;
    expect(await process()).toMatchObject({ status: 'fail', fix: grant });
    await run(server, grant);
    expect(await process()).toMatchObject({ status: 'ok' });
    await world.night();
    expect(await world.plan()).toEqual({ 'u.t': 'skip unchanged' });
    expect(await world.differences()).toEqual([]);
  });
});
