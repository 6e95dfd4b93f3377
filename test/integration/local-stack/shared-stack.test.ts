import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connectAsAdmin, createSchema, freshInstallation, stackEnv } from '../../support/stack-env.ts';

describe('the private stack that all integration tests share', () => {
  it('has every setting of Adutora, and a driver jar that is there', () => {
    const env = stackEnv();
    expect(Object.values(env)).not.toContain('');
    expect(existsSync(env['MYSQL_DRIVER_JAR'] ?? '')).toBe(true);
  });

  it('gives each test a schema of its own, and takes it away again', async () => {
    const [one, other] = await Promise.all([createSchema(), createSchema()]);
    const admin = await connectAsAdmin({ database: one.name });
    await admin.query('CREATE TABLE t (c INT)');
    await one.drop();
    const [schemas] = await admin.query(
      'SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name IN (?, ?)',
      [one.name, other.name],
    );
    await admin.end();
    await other.drop();
    expect(schemas).toEqual([{ name: other.name }]);
  });

  it('gives each test an installation whose names nobody else has', () => {
    const [one, other] = [freshInstallation(['s']), freshInstallation(['s'])];
    expect(one['SOURCE_ID']).toMatch(/^[a-z][a-z0-9-]{0,19}$/);
    expect(one['SOURCE_ID']).not.toBe(other['SOURCE_ID']);
    expect(one['HISTORY_DATASET']).not.toBe(other['HISTORY_DATASET']);
  });
});
