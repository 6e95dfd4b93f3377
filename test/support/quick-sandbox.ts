import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { startFastDataproc } from './chaos/fast-dataproc.ts';
import { startFastSpark } from './chaos/fast-spark.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { stackEnv } from './stack-env.ts';

export interface QuickSandboxInput {
  changes?: Record<string, string>;
  /** The text of an adutora.yml. */
  rules?: string;
  /** What a job waits for before it reads; nothing unless given. */
  jobWaits?: () => Promise<unknown>;
}

/**
 * A sandbox whose Dataproc jobs read with mysql2 instead of Spark (chaos/fast-spark.ts): for tests
 * that ask what workers, queues, commands and destination do about a load. What Spark itself reads,
 * refuses and writes needs the real sandbox.
 */
export async function openQuickSandbox(input: QuickSandboxInput = {}): Promise<Sandbox> {
  const { changes, rules, jobWaits: wait = async () => undefined } = input;
  const env = stackEnv();
  const folder = await mkdtemp(join(tmpdir(), 'adutora-quick-'));
  const { GOOGLE_CLOUD_PROJECT: projectId = '', GCS_BUCKET: name = '', MYSQL_PASSWORD: password = '' } = env;
  const bucket = createBucket({ projectId, bucket: name, apiEndpoint: env['GCS_API_ENDPOINT'] });
  const spark = await startFastSpark({ bucket, folder, password, wait });
  const dataproc = await startFastDataproc({ stackEnv: env, folder, spark });
  const address = { DATAPROC_API_ENDPOINT: `127.0.0.1:${dataproc.port}` };
  const sandbox = await openSandbox({ ...changes, ...address }, rules);
  return {
    ...sandbox,
    close: async () => {
      await sandbox.close();
      await dataproc.close();
      await spark.close();
      await rm(folder, { recursive: true });
    },
  };
}
