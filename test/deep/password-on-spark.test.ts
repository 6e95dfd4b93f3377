import { afterAll, beforeAll, expect, it } from 'vitest';
import { outcomesOnSpark } from '../support/outcomes-on-spark.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../support/private-server.ts';

const USER = 'leitora';
let server: PrivateServer;

beforeAll(async () => {
  server = await startPrivateServer('mysql');
  const admin = await connectTo(server);
  await admin.query(`CREATE USER ${USER}@'%' IDENTIFIED BY 'the first one'`);
  await admin.end();
});
afterAll(() => server?.stop());

it('a password that is changed while Spark reads: the driver logs in with the new one, an executor fails its attempt as one to be repeated', async () => {
  const outcomes = await outcomesOnSpark(
    'rotation_cases.py',
    { host: '127.0.0.1', port: server.port, user: USER, admin: server.admin.user },
    {
      master: 'local[1]',
      env: {
        MYSQL_PASSWORD: 'the first one',
        MYSQL_NEXT_PASSWORD: 'the second one',
        MYSQL_ADMIN_PASSWORD: server.admin.password,
      },
    },
  );
  // Before the secret has it; a connection from before; the driver; an executor with the password
  // of its plan; the next attempt's.
  expect(outcomes).toEqual([1045, 'goes on', 'in again', 'SOURCE_PASSWORD_CHANGED', 'x']);
});
