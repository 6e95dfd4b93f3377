import type { Connection, RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { selectQuery } from '../../../src/pipeline/source/questions/rows.ts';
import { sessionStatements } from '../../../src/pipeline/source/session.ts';
import { connectTo, type ServerAddress } from '../private-server.ts';
import { loadObject } from '../samples.ts';
import { pause, until } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { inMoment } from './transaction-cases.ts';

/** One table is locked, and the others are to be decided all the same. */
export function describeLocks(open: () => ServerAddress): void {
  describe('locked tables', () => {
    it('a RENAME that waits makes the table it holds unknown, and no other, though its UPDATE_TIME reads NULL', () =>
      inMoment(open(), async ({ one, two, schema, world }) => {
        await one.query(
          `CREATE TABLE u (id INT PRIMARY KEY) COMMENT 'turmas'; CREATE TABLE zz (id INT PRIMARY KEY); ALTER TABLE t FORCE`,
        );
        await pause(SETTLED_MS);
        await world.night();
        await one.query('UPDATE t SET v = 12 WHERE id = 1');
        await pause(SETTLED_MS);
        const others = { [`${schema}.u`]: 'skip unchanged', [`${schema}.zz`]: 'skip unchanged' };
        expect(await world.plan()).toEqual({ ...others, [`${schema}.t`]: 'load changed_update_time' });
        await whileRenameWaits({ server: open(), one, two, schema }, async () => {
          expect(await world.plan()).toEqual({ ...others, [`${schema}.t`]: 'load unknown_locked' });
          await world.night();
          expect(world.failures).toEqual([
            expect.stringMatching(
              `failed: SOURCE_BUSY: The table is locked: .*thread \\d+ of \\S+@\\S+ \\(RENAME, \\d+ s\\)`,
            ),
          ]);
        });
        expect(await world.night()).toEqual({ ...others, [`${schema}.t`]: 'load changed_update_time' });
        expect(await world.differences()).toEqual([]);
      }));

    it('what Spark sends is read from the table itself, whatever the server merges by default', () =>
      inMoment(open(), async ({ one, schema }) => {
        await one.query('ALTER TABLE t RENAME COLUMN v TO c');
        const select = selectQuery({ schema, table: 't' }, loadObject().columns, { fingerprintOf: null });
        const sent = `EXPLAIN SELECT \`c0\` FROM (${select}) t`;
        const planOf = async () => {
          const [rows] = await one.query<RowDataPacket[]>(sent);
          return rows.map(({ select_type }) => select_type);
        };
        await one.query("SET SESSION optimizer_switch = 'derived_merge=off'");
        expect(await planOf()).toContain('DERIVED');
        for (const statement of sessionStatements()) await one.query(statement);
        expect(await planOf()).toEqual(['SIMPLE']);
      }));

    it('a table that is locked for writing is decided as ever', () =>
      inMoment(open(), async ({ one, two, schema, world }) => {
        await pause(SETTLED_MS);
        await world.night();
        await two.query('LOCK TABLES t WRITE');
        expect(await world.plan()).toEqual({ [`${schema}.t`]: 'skip unchanged' });
        await two.query('UNLOCK TABLES');
        await one.query('UPDATE t SET v = 13 WHERE id = 1');
      }));
  });
}

/** `t` is held exclusively by a statement that waits for `zz`, which a report reads. */
async function whileRenameWaits(
  { server, one, two, schema }: { server: ServerAddress; one: Connection; two: Connection; schema: string },
  live: () => Promise<void>,
): Promise<void> {
  const watcher = await connectTo(server);
  await two.query('BEGIN; SELECT * FROM zz');
  const renamed = one
    .query(`RENAME TABLE ${schema}.t TO ${schema}.t_old, ${schema}.zz TO ${schema}.zz_old`)
    .catch((error: Error) => error);
  await until(async () => {
    const [rows] = await watcher.query<RowDataPacket[]>('SHOW PROCESSLIST');
    return rows.some(({ Id, State }) => Id === one.threadId && /metadata lock/.test(String(State)));
  });
  try {
    await live();
  } finally {
    await watcher.query(`KILL QUERY ${one.threadId}`);
    await renamed;
    await two.query('ROLLBACK');
    await watcher.end();
  }
}
