import { describe, expect, it } from 'vitest';
import type { Flavour } from '../../../src/pipeline/column-mapping/canonical-text.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { openWorld, type World } from './world.ts';

const CACHE = 400;
/** A table that the server holds open is not pushed out: few may be, as on a busy server with many more. */
const CROWDED: Record<Flavour, readonly string[]> = {
  mysql: [`--table-definition-cache=${CACHE}`, '--table-open-cache=16', '--table-open-cache-instances=1'],
  mariadb: [`--table-definition-cache=${CACHE}`, '--table-open-cache=16'],
};
const WRITTEN = 100;
const FILLERS = 1_400;
/** InnoDB looks for tables to push out about every 47 s. */
const PATIENCE_MS = 110_000;

interface Crowd {
  server: PrivateServer;
  world: World;
  /** Of the written tables, how many the server no longer knows to have been written. */
  lost(): Promise<number>;
}

/** 1,500 tables before a dictionary cache of 400; 100 of them written and loaded since the last restart. */
async function openCrowd(flavour: Flavour): Promise<Crowd> {
  const server = await startPrivateServer(flavour, { options: CROWDED[flavour] });
  const names = (schema: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${schema}.t${index}`);
  const inTurns = async (statements: readonly string[]) => {
    const work = statements.values();
    const worker = async () => {
      const admin = await connectTo(server);
      for (const sql of work) await admin.query(sql);
      await admin.end();
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  };
  await inTurns(['CREATE DATABASE few', 'CREATE DATABASE many']);
  await inTurns(
    [...names('few', WRITTEN), ...names('many', FILLERS)].map(
      (name) => `CREATE TABLE ${name} (id INT PRIMARY KEY, v INT) ENGINE=InnoDB`,
    ),
  );
  await server.restart('clean');
  await inTurns(names('few', WRITTEN).map((name) => `INSERT INTO ${name} VALUES (1, 1)`));
  await pause(SETTLED_MS);
  const world = openWorld({ server, schemas: ['few'] });
  const lost = async () => {
    const admin = await connectTo(server);
    await admin.query(flavour === 'mysql' ? 'SET SESSION information_schema_stats_expiry = 0' : 'DO 0');
    const [rows] = await admin.query(
      "SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'few' AND UPDATE_TIME IS NULL",
    );
    await admin.end();
    return Number((rows as { n: string }[])[0]?.n);
  };
  return { server, world, lost };
}

/** The servers of the eviction cases. */
export interface Crowds {
  gather(): Promise<void>;
  disperse(): Promise<unknown>;
  /** Resolves once InnoDB has had the time to push tables out, of which nobody has asked anything meanwhile. */
  lost(name: CrowdName): Promise<number>;
  decisions(name: CrowdName): Promise<string[]>;
}

const CROWDS = {
  mysql: 'mysql',
  mariadb: 'mariadb',
} as const;
type CrowdName = keyof typeof CROWDS;

/** Nothing is started before `gather`. */
export function openCrowds(): Crowds {
  const opened = new Map<CrowdName, Crowd & { waited: Promise<void> }>();
  const of = async (name: CrowdName) => {
    const crowd = opened.get(name);
    if (!crowd) throw new Error(`${name} was not gathered.`);
    await crowd.waited;
    return crowd;
  };
  return {
    gather: async () => {
      for (const name of Object.keys(CROWDS) as CrowdName[]) {
        const crowd = await openCrowd(CROWDS[name]);
        await crowd.world.night();
        opened.set(name, { ...crowd, waited: pause(PATIENCE_MS) });
      }
    },
    disperse: () => Promise.all([...opened.values()].map(({ server }) => server.stop())),
    lost: async (name) => (await of(name)).lost(),
    decisions: async (name) => Object.values(await (await of(name)).world.plan()),
  };
}

/** More tables than InnoDB's dictionary cache holds. */
export function describeEviction(crowds: Crowds): void {
  describe('1,500 tables and a dictionary cache of 400', () => {
    it.each(['mysql', 'mariadb'] as const)(
      'verify as it is loses no UPDATE_TIME on %s, in the time in which InnoDB pushes tables out',
      { timeout: 240_000 },
      async (flavour) => {
        expect(await crowds.lost(flavour)).toBe(0);
        expect(new Set(await crowds.decisions(flavour))).toEqual(new Set(['skip unchanged']));
      },
    );
  });
}
