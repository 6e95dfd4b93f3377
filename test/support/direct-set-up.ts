import type { Connection } from 'mysql2/promise';
import { openDirectEngine } from '../../src/composition/direct-engine.ts';
import type { DirectEngine } from '../../src/engines/direct/direct-engine.ts';
import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import { objectNames, sha256Hex } from '../../src/pipeline/names/index.ts';
import type { Spec } from '../../src/pipeline/objects/spec.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import type { EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { jsonBytes } from '../../src/pipeline/ports/json-objects.ts';
import { decideLoad } from './decide-load.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

/** The direct engine on the private stack, with attempts at tables of a schema of its own. */
export interface Direct {
  engine: DirectEngine;
  bucket: Bucket;
  admin: Connection;
  schema: string;
  /** The first attempt at a table, in a run of its own, its spec in the bucket. */
  attempt(table: string, changes?: Partial<Spec>): Promise<EngineAttempt>;
  /** Puts a spec into the bucket, over what was there. */
  freeze(spec: Spec): Promise<EngineAttempt>;
  close(): Promise<void>;
}

export async function openDirect(
  input: {
    /** The bucket's address, as behind a proxy; the stack's own unless given. */
    gcsAddress?: string;
    mysql?: { host: string; port: number };
    maxReadMs?: number;
    threads?: number;
    rules?: string;
  } = {},
): Promise<Direct> {
  const sandbox = await openSandbox({}, input.rules);
  const { settings } = sandbox.config;
  const { bucket } = sandbox.adapters;
  const engine = openDirectEngine({
    gcs: {
      projectId: settings.GOOGLE_CLOUD_PROJECT,
      bucket: settings.GCS_BUCKET,
      apiEndpoint: input.gcsAddress ?? settings.GCS_API_ENDPOINT,
      retry: { retries: 1, minTimeout: 5, maxTimeout: 10 },
    },
    secrets: { env: { MYSQL_PASSWORD: settings.MYSQL_PASSWORD, MASK_KEY: settings.MASK_KEY } },
    bucket,
    maxReadMs: input.maxReadMs ?? 3_600_000,
    now: () => new Date(),
    ...(input.threads && { threads: input.threads }),
  });
  const freeze = async (spec: Spec): Promise<EngineAttempt> => {
    const name = objectNames(spec.sourceId).spec(spec.attemptId);
    const bytes = jsonBytes(spec);
    await bucket.remove([name]);
    await bucket.create({ name, bytes, contentType: 'application/json' });
    return { spec, specSha256: sha256Hex(bytes) };
  };
  return {
    engine,
    bucket,
    admin: sandbox.admin,
    schema: sandbox.schema,
    freeze,
    attempt: async (table, changes = {}) => {
      const spec = await specOf(sandbox, table);
      const address = { ...spec.address, ...input.mysql };
      return freeze({ ...spec, address, ...changes });
    },
    close: async () => {
      await engine.close();
      await sandbox.close();
    },
  };
}

async function specOf(sandbox: Sandbox, table: string): Promise<Spec> {
  return makeSpec({
    load: { ...(await decideLoad(sandbox, table)), engine: 'direct' },
    attemptNumber: 1,
    ticket: 1,
    address: sandbox.config.address,
    code: null,
    bucket: sandbox.adapters.bucket.name,
    now: new Date(),
    random: Math.random,
  });
}
