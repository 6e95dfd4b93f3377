import { beforeAll, describe, expect, it } from 'vitest';
import { connectTo, type PrivateServer } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { openWorld, type World } from './world.ts';

const SCHEMA = 'restarts';
const TABLES = ['quiet', 'untouched', 'late', 'after', 'xa'];

/** What restarts do to decisions: each test goes on where the one before it ended. */
export function describeRestarts(open: () => PrivateServer): void {
  describe('restarts', () => {
    let server: PrivateServer;
    let world: World;
    const run = async (sql: string) => {
      const admin = await connectTo(server, { database: SCHEMA });
      await admin.query(sql).finally(() => admin.end());
    };
    const of = async (decisions: Promise<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(await decisions).map(([name, decision]) => [name.slice(SCHEMA.length + 1), decision]),
      );
    const all = (decision: string) => Object.fromEntries(TABLES.map((table) => [table, decision]));

    beforeAll(async () => {
      server = open();
      const admin = await connectTo(server);
      await admin.query(`CREATE DATABASE ${SCHEMA}`);
      await admin.end();
      for (const table of TABLES)
        await run(`CREATE TABLE ${table} (id INT PRIMARY KEY, v INT) ENGINE=InnoDB`);
      for (const table of TABLES.filter((name) => name !== 'untouched'))
        await run(`INSERT INTO ${table} VALUES (1, 1), (2, 2)`);
      await pause(SETTLED_MS);
      world = openWorld({ server, schemas: [SCHEMA] });
      await world.night();
      expect(await of(world.plan())).toEqual(all('skip unchanged'));
    });

    it.each(['clean', 'kill'] as const)(
      'a quiet table loads once after a restart (%s) and is skipped from then on; what was written moments before it loads',
      async (how) => {
        await run(
          "UPDATE late SET v = v + 1; XA START 'r'; UPDATE xa SET v = v + 1; XA END 'r'; XA PREPARE 'r'",
        );
        await server.restart(how);
        await pause(SETTLED_MS);
        expect(await of(world.night())).toEqual(all('load unknown_restart'));
        expect(await of(world.plan())).toEqual(all('skip unchanged'));
        expect(await world.differences()).toEqual([]);

        await run("XA COMMIT 'r'; UPDATE after SET v = v + 1");
        await pause(SETTLED_MS);
        const written = { xa: 'load changed_update_time', after: 'load changed_update_time' };
        expect(await of(world.night())).toEqual({ ...all('skip unchanged'), ...written });
        expect(await of(world.plan())).toEqual(all('skip unchanged'));
        expect(await world.differences()).toEqual([]);
      },
    );

    it('a write after the restart and before the next night loads, and not twice', async () => {
      await server.restart('clean');
      await run('UPDATE quiet SET v = v + 1');
      await pause(SETTLED_MS);
      expect(await of(world.night())).toEqual(all('load unknown_restart'));
      expect(await of(world.plan())).toEqual(all('skip unchanged'));
    });

    it('on a server that is read only, nothing is known', async () => {
      await server.restart('clean', ['--innodb-read-only']);
      await pause(SETTLED_MS);
      expect(new Set(Object.values(await world.night()))).toEqual(new Set(['load unknown_restart']));
      expect(await of(world.plan())).toEqual(all('load unknown_no_signal'));
      await server.restart('clean');
    });
  });
}
