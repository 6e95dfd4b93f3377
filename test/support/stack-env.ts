import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import { inject } from 'vitest';
import { connectAsAdmin as connectStackAdmin } from '../../local/mysql/admin.ts';
import type { StackOfTests } from './private-stack.ts';

/**
 * The private stack that this file has. The files after it have it too: use `freshInstallation` and
 * `createSchema` for what you change.
 */
export function ownStack(): StackOfTests {
  const stack = inject('stacks')[Number(process.env['VITEST_POOL_ID']) - 1];
  if (!stack) throw new Error('vitest has more workers than private stacks: see private-stack.ts');
  return stack;
}

/** Its settings. */
export function stackEnv(): Record<string, string> {
  return ownStack().env;
}

/**
 * Settings for an installation of a test's own: its SOURCE_ID leads every name in Redis, bucket and
 * Dataproc.
 */
export function freshInstallation(schemas: readonly string[]): Record<string, string> {
  const id = freshName();
  return {
    ...stackEnv(),
    SOURCE_ID: id,
    HISTORY_DATASET: `history_${id}`,
    MYSQL_SCHEMAS: schemas.join(','),
  };
}

/** A connection to the stack's MySQL that may do everything. The caller ends it. */
export function connectAsAdmin(options: ConnectionOptions = {}): Promise<Connection> {
  return connectStackAdmin(stackEnv(), { multipleStatements: true, ...options });
}

/**
 * The certificate authority that the stack's MySQL has made for itself, as PEM. Its server
 * certificate names no host.
 */
export async function stackAuthority(): Promise<string> {
  const admin = await connectAsAdmin();
  const [[row]] = await admin.query<RowDataPacket[]>("SELECT CONCAT(@@datadir, '/', @@ssl_ca) AS file");
  await admin.end();
  return readFile(String(row?.['file']), 'utf8');
}

/**
 * A new, empty schema under a name nobody has (a fine dataset name too), and how to drop it; on the
 * stack's MySQL, or where `connect` leads.
 */
export async function createSchema(
  connect = connectAsAdmin,
): Promise<{ name: string; drop(): Promise<void> }> {
  const name = `t_${freshName()}`;
  const execute = async (sql: string) => {
    const admin = await connect();
    await admin.query(sql).finally(() => admin.end());
  };
  await execute(`CREATE DATABASE ${name}`);
  return { name, drop: () => execute(`DROP DATABASE ${name}`) };
}

/** A short name that fits SOURCE_ID, a schema and an object prefix. */
export function freshName(): string {
  return `t${randomBytes(5).toString('hex')}`;
}
