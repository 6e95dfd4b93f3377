import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { connectTo, type ServerAddress } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { type NightOptions, openWorld, type World } from './world.ts';

/**
 * One case: a schema and two connections of its own, a table `t` of two rows, and a world around
 * it.
 */
export interface Moment {
  one: Connection;
  two: Connection;
  schema: string;
  world: World;
  /** What verify would do with `t` now. */
  decision(): Promise<string | undefined>;
  /** One run, and what it decided for `t`. */
  night(options?: NightOptions): Promise<string | undefined>;
  /**
   * A change that was missed would now be skipped; one that is seen is loaded, and then there is
   * peace.
   */
  expectLoad(reasons: string | readonly string[]): Promise<void>;
  byFlavour(mysql: string, mariadb: string): string;
}

export async function inMoment(
  server: ServerAddress,
  live: (moment: Moment) => Promise<void>,
): Promise<void> {
  const schema = `moment_${randomBytes(5).toString('hex')}`;
  const [one, two] = [await connectTo(server), await connectTo(server)];
  try {
    await one.query(`CREATE DATABASE ${schema}`);
    for (const connection of [one, two]) await connection.query(`USE ${schema}`);
    await one.query(
      'CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO t VALUES (1, 1), (2, 2)',
    );
    await live(makeMoment({ server, schema, one, two }));
  } finally {
    await one.end();
    await two.query('ROLLBACK').then(() => two.query(`DROP DATABASE ${schema}`));
    await two.end();
  }
}

function makeMoment(input: {
  server: ServerAddress;
  schema: string;
  one: Connection;
  two: Connection;
}): Moment {
  const { server, schema } = input;
  const world = openWorld({ server, schemas: [schema] });
  const decision = async () => (await world.plan())[`${schema}.t`];
  const night = async (options?: NightOptions) => (await world.night(options))[`${schema}.t`];
  const expectLoad = async (reasons: string | readonly string[]) => {
    await pause(SETTLED_MS);
    expect([reasons].flat().map((reason) => `load ${reason}`)).toContain(await night());
    expect(await world.differences()).toEqual([]);
    await pause(SETTLED_MS);
    expect([await decision(), world.failures]).toEqual(['skip unchanged', []]);
  };
  const byFlavour = (mysql: string, mariadb: string) => (server.flavour === 'mysql' ? mysql : mariadb);
  return { ...input, world, decision, night, expectLoad, byFlavour };
}

/**
 * What happens between verify's look and the rows, and what transactions do that were open
 * meanwhile. Each case ends with a night that leaves nothing different, and a quiet one that skips.
 * They live side by side, but for those whose open transaction would show in the others.
 */
export function describeTransactions(open: () => ServerAddress): void {
  describe('transactions and moments', () => {
    it('two transactions begun in one second, with the load between their commits', () =>
      inMoment(open(), async ({ one, two, night, expectLoad, byFlavour }) => {
        await atSecondStart(one);
        await one.query('BEGIN; UPDATE t SET v = 11 WHERE id = 1');
        await two.query('BEGIN; UPDATE t SET v = 22 WHERE id = 2; COMMIT');
        await pause(SETTLED_MS);
        expect(await night()).toBe('load never_loaded');
        await one.query('COMMIT');
        await expectLoad(byFlavour('changed_update_time', 'unknown_open_transaction'));
      }));

    it('BEGIN; SELECT; load; UPDATE; COMMIT', () =>
      inMoment(open(), async ({ one, two, night, expectLoad, byFlavour }) => {
        await atSecondStart(one);
        await one.query('BEGIN; SELECT * FROM t');
        await two.query('UPDATE t SET v = 22 WHERE id = 2');
        await pause(SETTLED_MS);
        expect(await night()).toBe('load never_loaded');
        await one.query('UPDATE t SET v = 11 WHERE id = 1; COMMIT');
        await expectLoad(byFlavour('changed_update_time', 'unknown_open_transaction'));
      }));

    it('an XA transaction prepared before the load and committed after it', () =>
      inMoment(open(), async ({ one, two, schema, night, expectLoad, byFlavour }) => {
        await atSecondStart(one);
        await one.query(
          `XA START '${schema}'; UPDATE t SET v = 11 WHERE id = 1; XA END '${schema}'; XA PREPARE '${schema}'`,
        );
        await two.query('UPDATE t SET v = 22 WHERE id = 2');
        await pause(SETTLED_MS);
        expect(await night()).toBe('load never_loaded');
        await one.query(`XA COMMIT '${schema}'`);
        await expectLoad(byFlavour('changed_update_time', 'unknown_open_transaction'));
      }));

    it('a report that has been open for long makes nothing unknown on MySQL, and only what was written since on MariaDB', () =>
      inMoment(open(), async ({ one, two, schema, world, byFlavour }) => {
        await one.query('CREATE TABLE old (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO old VALUES (1)');
        await pause(SETTLED_MS);
        await two.query('BEGIN; SELECT * FROM t');
        await pause(SETTLED_MS);
        await one.query('UPDATE t SET v = 5');
        await pause(SETTLED_MS);
        await world.night();
        expect(await world.plan()).toEqual({
          [`${schema}.t`]: byFlavour('skip unchanged', 'load unknown_open_transaction'),
          [`${schema}.old`]: 'skip unchanged',
        });
        await two.query('COMMIT');
      }));

    it.concurrent('a second commit in the second of the first, with the load in between', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await pause(SETTLED_MS);
        await atSecondStart(one);
        await one.query('UPDATE t SET v = 11');
        expect(await night()).toBe('load never_loaded');
        await one.query('UPDATE t SET v = 12');
        await expectLoad(['unknown_recent', 'changed_update_time']);
      }));

    it.concurrent('a commit between the capture and the rows', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await pause(SETTLED_MS);
        await night({ beforeRows: async () => void (await one.query('UPDATE t SET v = 33')) });
        await expectLoad('changed_update_time');
      }));

    it.concurrent('a commit between the last row and the second capture', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await pause(SETTLED_MS);
        await night({ afterRows: async () => void (await one.query('UPDATE t SET v = 34')) });
        await expectLoad('changed_update_time');
      }));

    it.concurrent('a worker that dies between verify and the load, with a change meanwhile', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await pause(SETTLED_MS);
        await night({ betweenDecideAndLoad: async () => void (await one.query('UPDATE t SET v = 35')) });
        await expectLoad('changed_update_time');
      }));

    it.concurrent('a worker that dies between the spec and its submission, with a change meanwhile', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await pause(SETTLED_MS);
        let deaths = 0;
        const beforeCapture = async () => {
          deaths += 1;
          if (deaths > 1) return;
          await one.query('UPDATE t SET v = 36');
          throw new LoadError('DATAPROC_UNAVAILABLE', 'killed');
        };
        await night({ beforeCapture });
        expect(deaths).toBe(2);
        await expectLoad('changed_update_time');
      }));

    it.concurrent('made, loaded, written, and altered there and back, all within one second', () =>
      inMoment(open(), async ({ one, night, expectLoad }) => {
        await one.query('DROP TABLE t');
        await atSecondStart(one);
        await one.query('CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB');
        expect(await night()).toBe('load never_loaded');
        await one.query(
          'INSERT INTO t VALUES (1, 1); ALTER TABLE t ADD COLUMN x INT; ALTER TABLE t DROP COLUMN x',
        );
        await expectLoad(['unknown_recent', 'changed_update_time', 'changed_create_time']);
      }));
  });
}

/** Waits for the next second of the server's clock, so that what follows falls into one. */
async function atSecondStart(connection: Connection): Promise<void> {
  await connection.query('DO SLEEP(1 - MICROSECOND(SYSDATE(6)) / 1000000 + 0.01)');
}
