// Runs before every npm script, on the machine's own Node (20 or newer), with built-ins only:
// brings node_modules in line with package-lock.json. `npm ci` cannot be used: it refuses a lock
// without the packages of foreign platforms, which a registry need not serve (docs/decisions/0002).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
/** Holds the hash of the lock that node_modules was made from. */
const stamp = join(modules, '.adutora-stamp');

checkMachine();
const lock = readFileSync(lockFile);
const wanted = createHash('sha256').update(lock).digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (!isInstalledByHand()) install();
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, wanted);
}

function checkMachine() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE)
    fail(
      `Node ${process.versions.node} is too old.`,
      `Install Node ${OLDEST_NODE} or newer; Adutora brings its own Node 24 as a package.`,
    );
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    fail(
      `Adutora runs on Linux (x86-64, arm64); this is ${process.platform} ${process.arch}.`,
      'Use a Linux machine, or Docker: docker compose up --build --wait (docs/getting-started.md, With Docker).',
    );
}

/**
 * npm writes its own lock into node_modules last: if it is newer than ours, somebody has run
 * `npm install` since.
 */
function isInstalledByHand() {
  const installed = join(modules, '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
}

function install() {
  process.stderr.write('Installing packages (about half a minute the first time) …\n');
  const result = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
  });
  // npm may rewrite the lock for this platform; the one that is committed stays.
  if (!readFileSync(lockFile).equals(lock)) writeFileSync(lockFile, lock);
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  fail(
    'npm install failed.',
    'See above; a mirror is set in your own npm configuration (npm config set registry).',
  );
}

function fail(problem, hint) {
  process.stderr.write(`${problem} ${hint}\n`);
  process.exit(3);
}
