import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo, type ServerAddress } from '../private-server.ts';
import { pause } from '../wait.ts';
import { EVENT_CASES, type EventCase, GONE } from './event-cases.ts';
import { type Decisions, openWorld, type World } from './world.ts';

/** UPDATE_TIME counts whole seconds: past it and SETTLE_SECONDS (1), and a little more. */
export const SETTLED_MS = 2_300;
const CONNECTIONS = 4;

/** The decisions of each night, of all cases. */
interface Nights {
  first: Decisions;
  quiet: Decisions;
  aheadOfTime: Decisions;
  behindTime: Decisions;
  afterEvent: Decisions;
  last: Decisions;
  differences: string[];
  failures: string[];
}

/**
 * The event matrix on one server: every case in its own schema, all of them in the same nights, so
 * that the time a stamp needs to settle is paid once. A change that is skipped fails, and so does a
 * quiet table that loads without a reason.
 */
export function describeEventMatrix(open: () => ServerAddress): void {
  describe('the event matrix', () => {
    let nights: Nights;
    let server: ServerAddress;
    let schemas: Map<EventCase, string>;
    beforeAll(async () => {
      server = open();
      const cases = EVENT_CASES.filter(({ only }) => !only || only === server.flavour);
      schemas = new Map(cases.map((one, index) => [one, `events_${process.pid}_${index}`]));
      await forEachCase(server, schemas, ({ before }) => before);
      nights = await liveThrough(server, schemas);
    });
    afterAll(() => server && forEachCase(server, schemas, (_, schema) => `DROP DATABASE ${schema}`));

    it.each(EVENT_CASES.map((one) => [one.name, one] as const))('%s', (_, one) => {
      const schema = schemas.get(one);
      if (!schema) return;
      const differs = server.flavour === 'mariadb' ? one.onMariadb : undefined;
      const expected = { ...one.expected, ...differs };
      const of = (decisions: Decisions) => decisionsIn(decisions, schema);
      const quiet = expectedQuiet(one);
      for (const table of Object.keys(of(nights.first)))
        expect([table, of(nights.first)[table]]).toEqual([table, 'load never_loaded']);
      for (const night of [nights.quiet, nights.aheadOfTime, nights.behindTime])
        for (const [table, decision] of Object.entries(of(night)))
          expect([table, decision]).toEqual([table, quiet(table)]);
      for (const [table, decision] of Object.entries(of(nights.afterEvent)))
        expect([expected[table] ?? 'skip unchanged'].flat(), `${one.name}: ${table}`).toContain(decision);
      expect(Object.keys(of(nights.afterEvent))).toEqual(expect.arrayContaining(Object.keys(expected)));
      const atRest = (table: string) => (expected[table] === GONE ? GONE : quiet(table));
      for (const [table, decision] of Object.entries(of(nights.last)))
        expect([table, decision]).toEqual([table, atRest(table)]);
    });

    it('leaves no table that differs from its destination, and no load that failed', () => {
      expect(nights.failures).toEqual([]);
      expect(nights.differences).toEqual([]);
    });
  });
}

const expectedQuiet = (one: EventCase) => (table: string) =>
  one.neverKnown?.includes(table) ? 'load unknown_no_signal' : 'skip unchanged';

async function liveThrough(server: ServerAddress, schemas: ReadonlyMap<EventCase, string>): Promise<Nights> {
  const world = openWorld({ server, schemas: [...schemas.values()] });
  await pause(SETTLED_MS);
  const first = await world.night();
  const failures = [...world.failures];
  const hoursLater = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const [quiet, aheadOfTime, behindTime] = [
    await world.plan(),
    await world.plan(hoursLater(2)),
    await world.plan(hoursLater(-2)),
  ];
  await play(server, schemas, world);
  await pause(SETTLED_MS);
  const afterEvent = await world.night();
  failures.push(...world.failures);
  const differences = await world.differences();
  const last = await world.plan();
  return { first, quiet, aheadOfTime, behindTime, afterEvent, last, differences, failures };
}

async function play(
  server: ServerAddress,
  schemas: ReadonlyMap<EventCase, string>,
  { destination }: World,
): Promise<void> {
  const admin = await connectTo(server);
  await admin.query('SET GLOBAL event_scheduler = ON; SET GLOBAL local_infile = ON');
  await admin.end();
  await forEachCase(server, schemas, async ({ event }, schema) => {
    if (typeof event === 'string') return event;
    const own = await connectTo(server, { database: schema });
    await event({ admin: own, schema, destination }).finally(() => own.end());
    return 'SELECT 1';
  });
}

/** Runs SQL in each case's schema, which is made if need be; a few at once. */
async function forEachCase(
  server: ServerAddress,
  schemas: ReadonlyMap<EventCase, string>,
  sqlOf: (one: EventCase, schema: string) => string | Promise<string>,
): Promise<void> {
  const work = schemas.entries();
  const worker = async () => {
    const connection = await connectTo(server);
    for (const [one, schema] of work) {
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${schema}; USE ${schema}`);
      await connection.query(await sqlOf(one, schema)).catch((cause) => {
        throw new Error(`${one.name}: ${cause.message}`, { cause });
      });
    }
    await connection.end();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

function decisionsIn(decisions: Decisions, schema: string): Decisions {
  const own = Object.entries(decisions).filter(([name]) => name.startsWith(`${schema}.`));
  return Object.fromEntries(own.map(([name, decision]) => [name.slice(schema.length + 1), decision]));
}
