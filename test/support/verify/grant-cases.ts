import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createSourceQueries } from '../../../src/adapters/mysql/source-queries.ts';
import type { VerifySettings } from '../../../src/pipeline/mapping/verify-settings.ts';
import { refusedTables } from '../../../src/pipeline/verify/verify.ts';
import { connectTo, type ServerAddress } from '../private-server.ts';
import { openWorld, type World } from './world.ts';

/**
 * A schema with the tables `pessoas` (id, nome, telefone) and `notas` (id, segredo INVISIBLE), and
 * a user without any grant there.
 */
interface Access {
  schema: string;
  /** The user as a grant names it. */
  user: string;
  admin: Connection;
  world: World;
  /** Codes of what a run would refuse, by table, as doctor asks. */
  refused(): Promise<Record<string, string>>;
  /** A role in force for the user from its next connection on. */
  role(): Promise<string>;
}

async function withUser(server: ServerAddress, live: (access: Access) => Promise<void>): Promise<void> {
  const schema = `grants_${randomBytes(5).toString('hex')}`;
  const name = `u_${schema.slice(-10)}`;
  const user = `'${name}'@'%'`;
  const password = 'x';
  const admin = await connectTo(server);
  const role = `'r_${schema.slice(-10)}'`;
  let hasRole = false;
  try {
    await admin.query(
      `CREATE DATABASE ${schema}; USE ${schema};
       CREATE TABLE pessoas (id INT PRIMARY KEY, nome VARCHAR(40), telefone VARCHAR(20)); INSERT INTO pessoas VALUES (1, 'Ana', '11'), (2, 'Bia', '12');
       CREATE TABLE notas (id INT PRIMARY KEY, segredo INT INVISIBLE, nota INT); INSERT INTO notas (id) VALUES (1);
       CREATE USER ${user} IDENTIFIED BY '${password}'; GRANT PROCESS ON *.* TO ${user}`,
    );
    const reader = { user: name, password };
    const address = { host: '127.0.0.1', port: server.port, user: name, tls: { mode: 'disabled' as const } };
    const sourceQueries = createSourceQueries({ address, password: async () => password });
    await live({
      schema,
      user,
      admin,
      world: openWorld({ server: { ...server, reader }, schemas: [schema] }),
      refused: async () => {
        const { refused } = await refusedTables(settings(schema), sourceQueries);
        return Object.fromEntries(refused.map(({ table, refusal }) => [table, refusal.code]));
      },
      role: async () => {
        hasRole = true;
        await admin.query(`CREATE ROLE ${role}; GRANT ${role} TO ${user}`);
        await admin.query(
          server.flavour === 'mysql'
            ? `ALTER USER ${user} DEFAULT ROLE ALL`
            : `SET DEFAULT ROLE ${role} FOR ${user}`,
        );
        return role;
      },
    });
  } finally {
    await admin.query(`DROP USER ${user}; DROP DATABASE ${schema}${hasRole ? `; DROP ROLE ${role}` : ''}`);
    await admin.end();
  }
}

const settings = (schema: string): VerifySettings => ({
  sourceId: 'grants',
  schemas: [schema],
  datasetTemplate: '{schema}',
  settleSeconds: 1,
  maxStalenessMs: 1e9,
  compression: 'none',
  engine: 'dataproc',
  directMaxBytes: 0,
  rulesFor: () => ({}),
  exclusionRule: () => null,
  rulePlaces: [],
  maskKey: null,
});

/**
 * A read of the column itself is refused by the server, whose errno 1143 the real engine knows by
 * the same code.
 */
const LOST = /SOURCE_COLUMNS_HIDDEN|command denied .* for column 'telefone'/;
const HIDDEN = /SOURCE_COLUMNS_HIDDEN.* may not read every column/;

/**
 * What this user may read of a table decides what its listing shows: on both servers the columns
 * without a grant are simply missing.
 */
export function describeGrants(open: () => ServerAddress): void {
  describe.concurrent('a table whose columns are not all shown to the user', () => {
    it.each<[string, (access: Access) => Promise<string[]>]>([
      [
        'granted by column',
        async ({ schema, user }) => [`GRANT SELECT (id, nome) ON ${schema}.pessoas TO ${user}`],
      ],
      [
        'granted by column to a role',
        async ({ schema, role }) => [`GRANT SELECT (id, nome) ON ${schema}.pessoas TO ${await role()}`],
      ],
      [
        'granted by column for reading, and the rest for another use',
        async ({ schema, user }) => [
          `GRANT SELECT (id, nome), UPDATE (telefone) ON ${schema}.pessoas TO ${user}`,
        ],
      ],
    ])('is refused: %s', async (_, grants) => {
      await withUser(open(), async (access) => {
        for (const grant of await grants(access)) await access.admin.query(grant);
        expect(await access.refused()).toEqual({ pessoas: 'SOURCE_COLUMNS_HIDDEN' });
        await access.world.night();
        expect(access.world.failures).toMatchObject([expect.stringMatching(HIDDEN)]);
        expect(access.world.destination.published).toEqual([]);
      });
    });

    it('is refused although what is hidden is INVISIBLE, which a whole row of MySQL leaves out', async () => {
      await withUser(open(), async ({ admin, schema, user, refused }) => {
        await admin.query(`GRANT SELECT (id, nota) ON ${schema}.notas TO ${user}`);
        expect(await refused()).toEqual({ notas: 'SOURCE_COLUMNS_HIDDEN' });
      });
    });

    it('loads where each column is granted, and where the table is granted beside a column', async () => {
      await withUser(open(), async ({ admin, schema, user, refused, world }) => {
        const loadsOf = (table: string) =>
          world.destination.published.filter(({ destination }) => destination.table === table).length;
        await admin.query(
          `GRANT SELECT (id, nome, telefone) ON ${schema}.pessoas TO ${user};
           GRANT SELECT, UPDATE (nota) ON ${schema}.notas TO ${user}`,
        );
        expect(await refused()).toEqual({});
        await world.night();
        expect([world.failures, loadsOf('pessoas'), loadsOf('notas')]).toEqual([[], 1, 1]);
        await admin.query(`ALTER TABLE ${schema}.pessoas ADD COLUMN cpf CHAR(11)`);
        await world.night();
        expect(world.failures).toMatchObject([expect.stringMatching(HIDDEN)]);
        // The other one may have been written moments before its first look, and load once more.
        expect(loadsOf('pessoas')).toBe(1);
      });
    });

    it('is refused where a column is taken away between verify, the first row and the last look', async () => {
      await withUser(open(), async ({ admin, schema, user, world }) => {
        const grant = () => admin.query(`GRANT SELECT ON ${schema}.pessoas TO ${user}`);
        const takeAway = async () => {
          await admin.query(`REVOKE SELECT ON ${schema}.pessoas FROM ${user}`);
          await admin.query(`GRANT SELECT (id, nome) ON ${schema}.pessoas TO ${user}`);
        };
        for (const when of ['betweenDecideAndLoad', 'beforeRows', 'afterRows'] as const) {
          await grant();
          await admin.query(`INSERT INTO ${schema}.pessoas (id) SELECT MAX(id) + 1 FROM ${schema}.pessoas`);
          await world.night({ [when]: takeAway });
          expect([when, world.failures]).toMatchObject([when, [expect.stringMatching(LOST)]]);
          expect(world.destination.published).toEqual([]);
          await admin.query(`REVOKE SELECT (id, nome) ON ${schema}.pessoas FROM ${user}`);
        }
      });
    });
  });
}
