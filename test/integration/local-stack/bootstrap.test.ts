import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const BOOTSTRAP = join(import.meta.dirname, '..', '..', '..', 'local', 'bootstrap.mjs');
/** Stands for npm: notes its arguments, changes the lock as npm may, prints, and ends as told. */
const FAKE_NPM = `#!/bin/sh
echo "$@" >> calls
echo changed > package-lock.json
mkdir -p node_modules
echo "what npm says"
exit \${FAKE_NPM_EXIT:-0}
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'adutora-bootstrap-'));
  mkdirSync(join(root, 'local'));
  copyFileSync(BOOTSTRAP, join(root, 'local', 'bootstrap.mjs'));
  writeFileSync(join(root, 'package-lock.json'), 'lock 1');
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin', 'npm'), FAKE_NPM);
  chmodSync(join(root, 'bin', 'npm'), 0o755);
});

afterEach(() => rmSync(root, { recursive: true }));

function bootstrap(env: Record<string, string> = {}) {
  const path = `${join(root, 'bin')}:${process.env['PATH']}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'local', 'bootstrap.mjs')], {
    env: { ...process.env, PATH: path, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function npmCalls(): number {
  const file = join(root, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
}

it('installs once with one line on stderr, leaves the lock as it was, and is silent from then on', () => {
  const first = bootstrap();
  expect(first).toMatchObject({ status: 0, stdout: '' });
  expect(first.stderr).toMatch(/^Installing packages .*\n$/);
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe('lock 1');
  expect(readFileSync(join(root, 'calls'), 'utf8')).toBe('install --ignore-scripts --no-audit --no-fund\n');
  expect(bootstrap()).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(npmCalls()).toBe(1);
});

it('installs again when the lock has changed', () => {
  bootstrap();
  writeFileSync(join(root, 'package-lock.json'), 'lock 2');
  bootstrap();
  expect(npmCalls()).toBe(2);
});

it.each([
  { order: 'after the lock was written', lockAgeS: 60, calls: 0 },
  { order: 'before the lock was written', lockAgeS: -60, calls: 1 },
])('counts a hand-made install $order as $calls installs to do', ({ lockAgeS, calls }) => {
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '{}');
  const changedAt = Date.now() / 1_000 - lockAgeS;
  utimesSync(join(root, 'package-lock.json'), changedAt, changedAt);
  expect(bootstrap()).toMatchObject({ status: 0, stdout: '' });
  expect(npmCalls()).toBe(calls);
});

it("shows npm's output and ends with 3 when the install fails, and tries again next time", () => {
  const failed = bootstrap({ FAKE_NPM_EXIT: '1' });
  expect(failed).toMatchObject({ status: 3, stdout: '' });
  expect(failed.stderr).toContain('what npm says');
  expect(failed.stderr).toContain('npm install failed.');
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe('lock 1');
  expect(bootstrap()).toMatchObject({ status: 0 });
  expect(npmCalls()).toBe(2);
});

it('says so when there is no npm', () => {
  rmSync(join(root, 'bin', 'npm'));
  const { status, stderr } = bootstrap({ PATH: join(root, 'bin') });
  expect(status).toBe(3);
  expect(stderr).toContain('ENOENT');
});
