import type { Connection } from 'mysql2/promise';
import { type PrivateServer, startPrivateServer } from '../../test/support/private-server.ts';
import { connect, createTables } from './source.ts';

/** Tables of the schema `crowd`, and how many of them InnoDB's dictionary cache is to hold. */
export const CROWD = 1_000;
export const SMALL_CACHE = 400;
/** Of the tables of the crowd, those that are written just before. */
export const WRITTEN = 200;

/**
 * From the start on: set later, it takes hold of what is opened then. A table that the server holds
 * open is never pushed out.
 */
const OPTIONS = [
  `--table-definition-cache=${SMALL_CACHE}`,
  '--table-open-cache=16',
  '--table-open-cache-instances=1',
];
const SETTLED_MS = 3_000;
/** InnoDB makes room about once in 47 s, and only for what nobody has used meanwhile. */
const EVICTION_MS = 105_000;

/**
 * How many UPDATE_TIMEs of freshly written tables are gone some time after `doing`, on a server of
 * its own. `doing` gets the settings of that server and an admin's connection to it.
 */
export async function stampsLostBy(
  doing: (env: Record<string, string>, admin: Connection) => Promise<unknown>,
): Promise<number> {
  const server = await startPrivateServer('mysql', { options: OPTIONS });
  const env = settingsOf(server);
  try {
    await createTables(env, { schema: 'crowd', count: CROWD });
    await server.restart('clean');
    const admin = await connect(env);
    const inserts = Array.from(
      { length: WRITTEN },
      (_, index) => `INSERT INTO crowd.tabela_${index} (aluno_id) VALUES (1)`,
    );
    await admin.query(inserts.join(';'));
    await pause(SETTLED_MS);
    await doing(env, admin);
    await pause(EVICTION_MS);
    const left = await stampsOf(admin);
    await admin.end();
    return WRITTEN - left;
  } finally {
    await server.stop();
  }
}

/** Tables of the crowd that have an UPDATE_TIME. */
async function stampsOf(admin: Connection): Promise<number> {
  await admin.query('SET SESSION information_schema_stats_expiry = 0');
  const [rows] = await admin.query(
    "SELECT COUNT(UPDATE_TIME) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'crowd'",
  );
  return Number((rows as { n: number }[])[0]?.n);
}

function settingsOf({ port, reader, admin }: PrivateServer): Record<string, string> {
  return {
    MYSQL_PORT: String(port),
    MYSQL_USER: reader.user,
    MYSQL_PASSWORD: reader.password,
    STACK_MYSQL_ADMIN_USER: admin.user,
    STACK_MYSQL_ADMIN_PASSWORD: admin.password,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
