import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { startCommand } from '../../support/processes.ts';
import { settingsNowhere } from '../../support/settings-nowhere.ts';

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
    const address = `127.0.0.1:${port}`;
    const settings = settingsNowhere({ address, redis: address });
    const { child, ended } = startCommand([process.execPath, join(ROOT, 'src', 'main.ts')], settings, ROOT);
    await once(server, 'connection');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
