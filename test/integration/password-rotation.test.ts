import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSourceQueries } from '../../src/adapters/mysql/source-queries.ts';
import { createSecrets } from '../../src/adapters/secrets/secrets.ts';
import { type SecretManagerStandIn, startSecretManager } from '../support/secret-manager.ts';
import { connectAsAdmin, freshName, stackEnv } from '../support/stack-env.ts';

const NAME = 'projects/p/secrets/mysql/versions/latest';
const RETRY = { retries: 0, minTimeout: 1, maxTimeout: 1 };
const user = freshName();
let admin: Awaited<ReturnType<typeof connectAsAdmin>>;
let manager: SecretManagerStandIn;

beforeAll(async () => {
  admin = await connectAsAdmin();
  await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'the first one'`);
  manager = await startSecretManager([]);
});
afterAll(async () => {
  await admin?.query(`DROP USER ${user}@'%'`);
  await admin?.end();
  manager?.close();
});

/** A worker's source, made once: nothing is started again. */
function source() {
  const secrets = createSecrets({ env: {}, apiEndpoint: manager.address, retry: RETRY });
  const { MYSQL_PORT } = stackEnv();
  return createSourceQueries({
    address: { host: '127.0.0.1', port: Number(MYSQL_PORT), user, tls: { mode: 'disabled' } },
    password: () => secrets.read({ kind: 'secret', name: NAME }),
    retry: RETRY,
  });
}
const query = { name: 'one', sql: 'SELECT 1 AS one', isOptional: false, delayMs: 0 };
const capture = (from: ReturnType<typeof source>) => from.capture({ session: [], queries: [query] });

it('a password that is changed is read anew, also between the asking and the login, without a restart', async () => {
  const worker = source();
  manager.answers = () => ({ value: 'the first one' });
  expect(await capture(worker)).toEqual({ one: { rows: [{ one: '1' }] } });

  await admin.query(`ALTER USER ${user}@'%' IDENTIFIED BY 'the second one'`);
  // Asked before the new version was there, denied, asked again.
  manager.answers = [{ value: 'the first one' }, { value: 'the second one' }];
  manager.calls.length = 0;
  expect(await capture(worker)).toEqual({ one: { rows: [{ one: '1' }] } });
  expect(manager.calls).toEqual([NAME, NAME]);
});

it('a wrong one that stays is told, after one look more', async () => {
  const worker = source();
  manager.answers = () => ({ value: 'another canary' });
  manager.calls.length = 0;
  const failed = await capture(worker).catch((error: Error) => error);
  expect(failed).toMatchObject({ code: 'SOURCE_ACCESS_DENIED', isTransient: false });
  expect(String(failed)).not.toContain('another canary');
  expect(manager.calls).toHaveLength(2);
});
