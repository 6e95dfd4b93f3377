import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Component, type Place, StackError, startProcess } from '../component.ts';
import { ROOT } from '../tools/paths.ts';

/**
 * fake-gcs-server on loopback, behind a guard, with its objects on disk; the bucket is made if it
 * is missing.
 */
export async function startGcs(
  input: Place & { port: number; project: string; bucket: string },
): Promise<Component> {
  const { port, dataDir, logDir, env } = input;
  const folder = join(dataDir, 'gcs');
  mkdirSync(folder, { recursive: true });
  const address = `http://127.0.0.1:${port}`;
  const component = await startProcess({
    name: 'gcs',
    version: 'fake-gcs-server 1.54.0',
    address,
    command: process.execPath,
    args: [join(ROOT, 'local', 'gcs', 'main.ts'), '--port', String(port), '--data', folder],
    env,
    logDir,
    isReady: () =>
      fetch(`${address}/_internal/healthcheck`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  await createBucket(address, input);
  return component;
}

/** One that is there is fine. */
async function createBucket(
  address: string,
  { project, bucket }: { project: string; bucket: string },
): Promise<void> {
  const body = JSON.stringify({ name: bucket });
  const response = await fetch(`${address}/storage/v1/b?project=${project}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (!response.ok && response.status !== 409)
    throw new StackError(
      `Bucket ${bucket} could not be made: ${await response.text()}`,
      'See the log of gcs.',
    );
}
