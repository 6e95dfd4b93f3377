import { describe, expect, it } from 'vitest';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import { connectTo, startPrivateServer } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { openWorld } from './world.ts';

const HOUR_MS = 3_600_000;

/**
 * A zone of POSIX's grammar in which summer time (UTC+1) ends at `end`: the server's own night of
 * two equal hours, without touching the machine's clock.
 */
function zoneEnding(end: Date): string {
  const local = new Date(end.getTime() + HOUR_MS);
  const dayOfYear = Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / (24 * HOUR_MS));
  const time = local.toISOString().slice(11, 19);
  const start = dayOfYear > 10 ? 1 : 300;
  return `WIN0SUM-1,${start}/0,${dayOfYear}/${time}`;
}

/** The hour that comes twice, around an open transaction and its load. */
export function describeDstNight(flavour: Flavour): void {
  describe('the night in which summer time ends', () => {
    it.concurrent.each([
      ['begun before the clock goes back, seen after it', 4_000],
      ['begun and seen after the clock has gone back', -20_000],
    ])('a transaction %s, keeps its table from being known', async (_, endsInMs) => {
      const server = await startPrivateServer(flavour, {
        env: { TZ: zoneEnding(new Date(Date.now() + endsInMs + 4_000)) },
      });
      try {
        const one = await connectTo(server);
        await one.query(
          'CREATE DATABASE dst; USE dst; CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO t VALUES (1, 1), (2, 2)',
        );
        const world = openWorld({ server, schemas: ['dst'] });
        const two = await connectTo(server, { database: 'dst' });
        await one.query('DO SLEEP(1 - MICROSECOND(SYSDATE(6)) / 1000000 + 0.01)');
        await one.query('BEGIN; UPDATE t SET v = 11 WHERE id = 1');
        await two.query('UPDATE t SET v = 22 WHERE id = 2');
        await pause(SETTLED_MS + Math.max(0, endsInMs + 2_000));
        await world.night();
        await one.query('COMMIT');
        await pause(SETTLED_MS);
        const expected = flavour === 'mysql' ? 'load changed_update_time' : 'load unknown_open_transaction';
        expect(await world.night()).toEqual({ 'dst.t': expected });
        expect(await world.differences()).toEqual([]);
        await one.end();
        await two.end();
      } finally {
        await server.stop();
      }
    });
  });
}
