import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecrets } from '../../src/adapters/secrets/secrets.ts';
import type { SecretRef } from '../../src/pipeline/objects/spec.ts';
import type { Secrets } from '../../src/pipeline/ports/secrets.ts';
import { onRealProject } from '../support/real-project.ts';
import { startSecretManager } from '../support/secret-manager.ts';

const VALUE = 'p@ss "wörd"\n';

interface Opened {
  secrets: Secrets;
  there: SecretRef;
  /** Null where it is not known, as in a real project. */
  value: string | null;
  missing: SecretRef;
  close?(): void;
}

async function openStandIn(): Promise<Opened> {
  const standIn = await startSecretManager((name) =>
    name.includes('/there/') ? { value: VALUE } : { code: status.NOT_FOUND },
  );
  const ref = (secret: string): SecretRef => ({
    kind: 'secret',
    name: `projects/p/secrets/${secret}/versions/1`,
  });
  const secrets = createSecrets({ env: {}, apiEndpoint: standIn.address });
  return { secrets, there: ref('there'), value: VALUE, missing: ref('missing'), close: standIn.close };
}

async function openEnvironment(): Promise<Opened> {
  const ref = (name: string): SecretRef => ({ kind: 'env', name });
  return {
    secrets: createSecrets({ env: { THERE: VALUE } }),
    there: ref('THERE'),
    value: VALUE,
    missing: ref('MISSING'),
  };
}

async function openReal(env: Record<string, string>): Promise<Opened> {
  const name = env['MYSQL_PASSWORD_SECRET'] ?? '';
  const missing = {
    kind: 'secret',
    name: name.replace(/secrets\/[^/]+/, 'secrets/adutora-no-such-secret'),
  } as const;
  return { secrets: createSecrets({ env: {} }), there: { kind: 'secret', name }, value: null, missing };
}

describe.each<{ name: string; open(): Promise<Opened> }>([
  { name: 'Secret Manager', open: openStandIn },
  { name: 'the environment', open: openEnvironment },
  ...onRealProject(openReal),
])('secrets, $name', ({ open }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close?.());

  it('gives a value exactly, each time it is asked', async () => {
    const { secrets, there, value } = opened;
    const read = await secrets.read(there);
    expect(read).toBe(value ?? read);
    expect(read.length).toBeGreaterThan(0);
    expect(await secrets.read(there)).toBe(read);
  });

  it('says which one is missing, for good, and no value of another', async () => {
    const reading = opened.secrets.read(opened.missing);
    await expect(reading).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      isTransient: false,
      message: expect.stringContaining(opened.missing.name),
    });
    await expect(reading).rejects.not.toThrow(VALUE);
  });
});
