import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adminConnection, openSandbox, stackEnv } from '../../support/stack-env.ts';

describe('the private stack that all integration tests share', () => {
  it('has every setting of Adutora, and a driver jar that is there', () => {
    const env = stackEnv();
    expect(Object.values(env)).not.toContain('');
    expect(existsSync(env['MYSQL_DRIVER_JAR'] ?? '')).toBe(true);
  });

  it('gives each test a schema and a SOURCE_ID of its own, and takes the schema away again', async () => {
    const [one, other] = await Promise.all([openSandbox(), openSandbox()]);
    expect(one.config.settings.SOURCE_ID).not.toBe(other.config.settings.SOURCE_ID);
    await one.admin.query('CREATE TABLE t (c INT)');
    await one.close();
    const admin = await adminConnection();
    const [schemas] = await admin.query(
      'SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name IN (?, ?)',
      [one.schema, other.schema],
    );
    await Promise.all([admin.end(), other.close()]);
    expect(schemas).toEqual([{ name: other.schema }]);
  });
});
