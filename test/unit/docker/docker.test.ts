import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startForwarder } from '../../../local/docker/forward.ts';
import { isHealthy } from '../../../local/docker/health.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const HOST = '127.0.0.1';
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adutora-docker-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Answers with the Host header that it saw and the body's length, as long as the test runs. */
async function startBackend(): Promise<Server> {
  const server = createServer(async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    response.end(`${request.headers.host} ${bytes}`);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function forwardTo(port: number): Promise<number> {
  const server = await startForwarder({ host: HOST, port: 0 }, { host: HOST, port });
  onTestFinished(() => void server.close());
  return portOf(server);
}

describe('the forwarder', () => {
  it('passes requests on as they are, the Host header included', async () => {
    const port = await forwardTo(portOf(await startBackend()));
    const answer = await fetch(`http://${HOST}:${port}/`, { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect(await answer.text()).toBe(`${HOST}:${port} 1000000`);
  });

  it('closes the connection while nobody listens behind it, and goes on', async () => {
    const backend = await startBackend();
    const port = portOf(backend);
    const forwarder = await forwardTo(port);
    await new Promise((resolve) => backend.close(resolve));
    await expect(fetch(`http://${HOST}:${forwarder}/`)).rejects.toThrow();
    await new Promise<void>((resolve) => backend.listen(port, HOST, resolve));
    expect((await fetch(`http://${HOST}:${forwarder}/`)).ok).toBe(true);
  });

  it('says how it is used', () => {
    const script = join(ROOT, 'local', 'docker', 'forward.ts');
    const { status, stderr } = spawnSync(process.execPath, [script, 'nowhere'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('HOST:PORT');
  });
});

describe('the health of the stack’s container', () => {
  it('is good once the settings are there and every part accepts connections', async () => {
    const settings = join(temporaryFolder(), 'stack.env');
    expect(await isHealthy(settings)).toBe(false);
    const address = `${HOST}:${portOf(await startBackend())}`;
    const write = (dataproc: string) =>
      writeFileSync(
        settings,
        `REDIS_URL="redis://${address}"\nGCS_API_ENDPOINT=${address}\nBIGQUERY_EMULATOR_HOST=${address}\nDATAPROC_API_ENDPOINT=${dataproc}\n`,
      );
    write(address);
    expect(await isHealthy(settings)).toBe(true);
    write(`${HOST}:1`);
    expect(await isHealthy(settings)).toBe(false);
  });
});

describe('the stage that fetches the MySQL driver', () => {
  it('copies all that the driver’s module imports', () => {
    const stage = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^FROM /m)[3] ?? '';
    const sources = [...stage.matchAll(/^COPY (.+)$/gm)].flatMap(([, line = '']) =>
      line.split(' ').slice(0, -1),
    );
    const cwd = temporaryFolder();
    for (const source of sources) cpSync(join(ROOT, source), join(cwd, source), { recursive: true });
    const script = /import\('([^']+)'\)/.exec(stage)?.[1] ?? '';
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--eval', `import('${script}').then(({ fetchDriverJar }) => console.log(typeof fetchDriverJar))`],
      { cwd, encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'function\n' });
  });
});

/** A module of ours and all of ours that it imports, directly or not. */
function importedBy(module: string, found = new Set<string>()): Set<string> {
  if (found.has(module)) return found;
  found.add(module);
  const text = readFileSync(join(ROOT, module), 'utf8');
  for (const [, path = ''] of text.matchAll(/ from '(\.[^']+)'/g))
    importedBy(join(dirname(module), path), found);
  return found;
}

describe('a stage that installs', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  it.each([
    ['the MySQL driver', 'AS driver', 'src/engines/dataproc/driver-jar.ts'],
    ['what the local stack needs', 'AS local', 'local/docker/install.ts'],
  ])('%s copies all that its module imports, before it runs it', (_, stage, module) => {
    const [, after = ''] = dockerfile.split(` ${stage}\n`);
    const [before = ''] = after.split(new RegExp(`^RUN node .*${basename(module)}`, 'm'));
    const copied = [...before.matchAll(/^COPY (?!--)(.+)$/gm)].flatMap(([, line = '']) =>
      line.split(' ').slice(0, -1),
    );
    const missing = [...importedBy(module)].filter(
      (file) => !copied.some((source) => file === source || file.startsWith(`${source}/`)),
    );
    expect(before).not.toBe(after);
    expect(missing).toEqual([]);
    expect(copied).not.toContain('src');
  });
});

describe('the image of Adutora', () => {
  /**
   * What the Dockerfile's stage copies, with the packages that it installs: those of `dependencies`
   * only.
   */
  function imageTree(): string {
    const tree = temporaryFolder();
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    cpSync(join(ROOT, 'package.json'), join(tree, 'package.json'));
    cpSync(join(ROOT, 'src'), join(tree, 'src'), { recursive: true });
    for (const name of Object.keys(dependencies)) {
      const link = join(tree, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), link);
    }
    return tree;
  }

  it('needs no package that is for development only', () => {
    const cwd = imageTree();
    const run = (...args: string[]) => spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env: {} });
    const main = run('--max-semi-space-size=4', '--heap-growing-percent=30', 'src/main.ts', '--roles', 'x');
    expect(main.stderr).toContain('unknown role x');
    expect(main.status).toBe(2);
    const cli = run('src/cli.ts', '--help');
    expect(cli.stdout).toContain('enqueue');
    expect(cli.status).toBe(0);
  });
});
