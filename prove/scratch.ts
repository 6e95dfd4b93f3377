import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { Target } from './target.ts';
import type { MysqlAddress } from './tools/mysql.ts';

/**
 * A place in the source where a table may be made, and a user without PROCESS where one could be
 * made.
 */
export interface Scratch {
  place: { schema: string; address: MysqlAddress };
  unprivileged: MysqlAddress | null;
  remove(): Promise<void>;
}

/**
 * The local stack gets a schema and a user; a real server only what `--mysql-scratch` names, else
 * null.
 */
export async function makeScratch(target: Target, mark: string): Promise<Scratch | null> {
  if (target.mysqlAdmin) return makeLocalScratch(target.mysqlAdmin, mark);
  if (!target.mysql || !target.scratchSchema) return null;
  const { mysql: address, scratchSchema: schema } = target;
  return {
    place: { schema, address },
    unprivileged: null,
    remove: () => execute(address, [`DROP TABLE IF EXISTS \`${schema}\`.\`${mark}\``]),
  };
}

async function makeLocalScratch(admin: MysqlAddress, mark: string): Promise<Scratch> {
  const password = randomBytes(12).toString('hex');
  const dropAll = [`DROP DATABASE IF EXISTS ${mark}`, `DROP USER IF EXISTS '${mark}'@'%'`];
  await execute(admin, [
    `CREATE DATABASE ${mark}`,
    `CREATE USER '${mark}'@'%' IDENTIFIED BY '${password}'`,
    `GRANT SELECT ON ${mark}.* TO '${mark}'@'%'`,
  ]);
  return {
    place: { schema: mark, address: admin },
    unprivileged: { ...admin, user: mark, password },
    remove: () => execute(admin, dropAll),
  };
}

async function execute(address: MysqlAddress, statements: readonly string[]): Promise<void> {
  const { host, port, user, password } = address;
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    ...(host !== '127.0.0.1' && { ssl: { rejectUnauthorized: false } }),
  });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
}
