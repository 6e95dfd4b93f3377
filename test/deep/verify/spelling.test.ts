import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceQueries } from '../../../src/adapters/mysql/source-queries.ts';
import type { CommandContext } from '../../../src/commands/command.ts';
import { resolveTables } from '../../../src/commands/known-tables.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../../support/private-server.ts';
import { findServer } from '../../support/servers.ts';
import { SETTLED_MS } from '../../support/verify/event-matrix.ts';
import { openWorld } from '../../support/verify/world.ts';
import { pause } from '../../support/wait.ts';

/**
 * MySQL takes the option only when its data folder is made; 2 is refused on a file system where
 * case counts.
 */
for (const name of ['mysql-8.0', 'mysql-9.7', 'mariadb-10.11', 'mariadb-11.8'] as const) {
  const { label, isMissing } = await findServer(name);

  describe.skipIf(isMissing)(`${label} with lower_case_table_names=1`, () => {
    let server: PrivateServer;
    beforeAll(async () => {
      server = await startPrivateServer(name, { initOptions: ['--lower-case-table-names=1'] });
    });
    afterAll(() => server?.stop());

    it('knows a table whatever the spelling of MYSQL_SCHEMAS, of a rule, and of table=', async () => {
      const admin = await connectTo(server);
      await admin.query('CREATE DATABASE Academico; CREATE TABLE Academico.Alunos (id INT PRIMARY KEY)');
      await admin.query(
        "INSERT INTO Academico.Alunos VALUES (1); SHOW VARIABLES LIKE 'lower_case_table_names'",
      );
      await admin.end();
      await pause(SETTLED_MS);
      const world = openWorld({ server, schemas: ['ACADEMICO'], places: ['Academico.ALUNOS'] });
      expect(await world.night()).toEqual({ 'academico.alunos': 'load never_loaded' });
      expect(await world.plan()).toEqual({ 'academico.alunos': 'skip unchanged' });

      const sourceQueries = createSourceQueries({
        address: {
          host: '127.0.0.1',
          port: server.port,
          user: server.reader.user,
          tls: { mode: 'disabled' },
        },
        password: async () => server.reader.password,
      });
      const context = {
        ports: { sourceQueries },
        verify: { schemas: ['ACADEMICO'] },
        activity: () => undefined,
      };
      const asked = await resolveTables(
        ['Academico.Alunos', 'ALUNOS', '`academico`.`Alunos`'],
        context as unknown as CommandContext,
      );
      expect(asked).toEqual([{ schema: 'academico', table: 'alunos' }]);
    });
  });
}
