import mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { documentedGrants, grantsOf } from '../support/grants.ts';
import { stackEnv } from '../support/stack-env.ts';

it('the account that every suite reads MySQL with has the grants of docs/security.md, and no other', async () => {
  const { MYSQL_PORT, MYSQL_USER: user = '', MYSQL_PASSWORD: password = '' } = stackEnv();
  const reader = await mysql.createConnection({
    host: '127.0.0.1',
    port: Number(MYSQL_PORT),
    user,
    password,
  });
  expect(documentedGrants()).toEqual([
    'PROCESS ON *.*',
    'SELECT ON SCHEMA.*',
    'SELECT ON performance_schema.metadata_locks',
    'SELECT ON performance_schema.threads',
  ]);
  expect(await grantsOf(reader).finally(() => reader.end())).toEqual(documentedGrants());
});
