import { describe, expect, it } from 'vitest';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import type { SourceQueries } from '../../../src/pipeline/ports/source-queries.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { type Decisions, openWorld, type World } from './world.ts';

const CACHE = 400;
/**
 * A table that the server holds open is not pushed out: few may be, as on a busy server with many
 * more.
 */
const CROWDED: Record<Flavour, readonly string[]> = {
  mysql: [`--table-definition-cache=${CACHE}`, '--table-open-cache=16', '--table-open-cache-instances=1'],
  mariadb: [`--table-definition-cache=${CACHE}`, '--table-open-cache=16'],
};
const WRITTEN = 100;
const FILLERS = 1_400;
/** InnoDB looks for tables to push out about every 47 s. */
const PATIENCE_MS = 110_000;

/** What verify must not ask: it opens every table of the server in InnoDB's dictionary cache. */
const INNODB_TABLES = {
  name: 'innodb_tables',
  sql: 'SELECT COUNT(*) AS n FROM information_schema.INNODB_TABLES',
  isOptional: false,
  delayMs: 0,
};

const CROWDS = {
  mysql: { flavour: 'mysql', asksInnodbTables: false },
  mariadb: { flavour: 'mariadb', asksInnodbTables: false },
  'mysql with INNODB_TABLES': { flavour: 'mysql', asksInnodbTables: true },
} as const;
type CrowdName = keyof typeof CROWDS;

interface Crowd {
  server: PrivateServer;
  world: World;
  /**
   * Resolves once InnoDB has had the time to push tables out, of which nobody has asked anything
   * meanwhile.
   */
  waited: Promise<void>;
}

/** The servers of the eviction cases. */
export interface Crowds {
  /** Begins at once, and does not wait: the methods below do. */
  gather(): void;
  disperse(): Promise<void>;
  /** Of the written tables those that the server no longer knows to have been written, sorted. */
  lost(name: CrowdName): Promise<string[]>;
  /** What verify as it is makes of the written tables. */
  decisions(name: CrowdName): Promise<Decisions>;
}

/** Nothing is started before `gather`. */
export function openCrowds(): Crowds {
  const servers: PrivateServer[] = [];
  const crowds = new Map<CrowdName, Promise<Crowd>>();
  const of = async (name: CrowdName) => {
    const crowd = await crowds.get(name);
    if (!crowd) throw new Error(`${name} was not gathered.`);
    await crowd.waited;
    return crowd;
  };
  return {
    gather: () => {
      for (const name of Object.keys(CROWDS) as CrowdName[]) {
        // A server that has died of itself (MariaDB does, now and then) says nothing of verify.
        const crowd = openCrowd(name, servers).catch((error: Error) => {
          if (!/ECONNREFUSED|closed state|Connection lost/.test(error.message)) throw error;
          return openCrowd(name, servers);
        });
        crowd.catch(() => undefined);
        crowds.set(name, crowd);
      }
    },
    disperse: async () => {
      await Promise.allSettled(crowds.values());
      await Promise.all(servers.map((server) => server.stop()));
    },
    lost: async (name) => withoutUpdateTime((await of(name)).server),
    decisions: async (name) => (await of(name)).world.plan(),
  };
}

/**
 * 1,500 tables before a dictionary cache of 400; 100 of them written and loaded since the last
 * restart, then asked about once by verify. The server is pushed into `servers` as soon as there is
 * something to stop.
 */
async function openCrowd(name: CrowdName, servers: PrivateServer[]): Promise<Crowd> {
  const { flavour, asksInnodbTables } = CROWDS[name];
  const server = await startPrivateServer(flavour, { options: CROWDED[flavour] });
  servers.push(server);
  await writeTables(server);
  let isAsked = false;
  const wrapSource = (sourceQueries: SourceQueries): SourceQueries => ({
    ...sourceQueries,
    capture: (request) =>
      sourceQueries.capture(isAsked ? { ...request, queries: [...request.queries, INNODB_TABLES] } : request),
  });
  const world = openWorld({ server, schemas: ['few'], wrapSource });
  await world.night();
  // The last that anybody asks of these tables: what is used stays in the cache.
  isAsked = asksInnodbTables;
  await world.plan();
  isAsked = false;
  return { server, world, waited: pause(PATIENCE_MS) };
}

async function writeTables(server: PrivateServer): Promise<void> {
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
}

async function withoutUpdateTime(server: PrivateServer): Promise<string[]> {
  const admin = await connectTo(server);
  await admin.query(server.flavour === 'mysql' ? 'SET SESSION information_schema_stats_expiry = 0' : 'DO 0');
  const [rows] = await admin.query(
    "SELECT CONCAT('few.', TABLE_NAME) AS label FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'few' AND UPDATE_TIME IS NULL",
  );
  await admin.end();
  return (rows as { label: string }[]).map(({ label }) => label).sort();
}

/** More tables than InnoDB's dictionary cache holds. */
export function describeEviction(crowds: Crowds): void {
  describe('1,500 tables and a dictionary cache of 400', () => {
    it.for(['mysql', 'mariadb'] as const)(
      'verify as it is loses no UPDATE_TIME on %s, in the time in which InnoDB pushes tables out',
      async (flavour) => {
        expect(await crowds.lost(flavour)).toEqual([]);
        const decisions = await crowds.decisions(flavour);
        expect(tablesWith(decisions, 'skip unchanged')).toHaveLength(WRITTEN);
      },
    );

    it('with INNODB_TABLES back in verify, most UPDATE_TIMEs are lost, and each of these tables is loaded', async () => {
      const lost = await crowds.lost('mysql with INNODB_TABLES');
      expect(lost.length).toBeGreaterThan(WRITTEN / 2);
      const decisions = await crowds.decisions('mysql with INNODB_TABLES');
      expect(tablesWith(decisions, 'load unknown_evicted')).toEqual(lost);
      expect(tablesWith(decisions, 'skip unchanged')).toHaveLength(WRITTEN - lost.length);
    });
  });
}

function tablesWith(decisions: Decisions, wanted: string): string[] {
  return Object.keys(decisions)
    .filter((label) => decisions[label] === wanted)
    .sort();
}
