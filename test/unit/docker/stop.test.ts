import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { startCommand } from '../../support/processes.ts';

/** A server that takes connections and says nothing. */
async function startSilentServer() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' ? address?.port : undefined };
}

describe('Adutora that is told to stop before it is up', () => {
  it('heeds the signal itself: as the first process of a container nobody else would', async () => {
    const { server, port } = await startSilentServer();
    const settings = {
      SOURCE_ID: 'stop',
      MYSQL_HOST: '127.0.0.1',
      MYSQL_USER: 'none',
      MYSQL_PASSWORD: 'none',
      MYSQL_TLS: 'disabled',
      MYSQL_SCHEMAS: 'none',
      GOOGLE_CLOUD_PROJECT: 'none',
      DATAPROC_REGION: 'none',
      DATAPROC_CLUSTER: 'none',
      GCS_BUCKET: 'none',
      BIGQUERY_LOCATION: 'none',
      HISTORY_DATASET: 'none',
      GCS_API_ENDPOINT: `127.0.0.1:${port}`,
      BIGQUERY_EMULATOR_HOST: `127.0.0.1:${port}`,
      DATAPROC_API_ENDPOINT: `127.0.0.1:${port}`,
      REDIS_URL: `redis://127.0.0.1:${port}`,
    };
    const { child, ended } = startCommand([process.execPath, join(ROOT, 'src', 'main.ts')], settings, ROOT);
    await once(server, 'connection');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
