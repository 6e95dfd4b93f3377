// Runs before every npm script, on the machine's own Node (20 or newer), with built-ins only: brings node_modules in line
// with package-lock.json. `npm ci` cannot be used: it refuses a lock without the packages of foreign platforms, which a
// registry need not serve (docs/decisions/0002).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.adutora-stamp');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package.json')))
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20)
  fail(
    `Node ${process.versions.node} is too old.`,
    'Install Node 20 or newer; Adutora brings its own Node 24 as a package.',
  );
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) install();

function install() {
  process.stderr.write('Installing packages (about half a minute the first time) …\n');
  const lockBefore = readFileSync(join(root, 'package-lock.json'));
  const result = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
    fail(
      'npm install failed.',
      'See above; behind a mirror, set the registry in your own npm configuration.',
    );
  }
  // npm may add packages of this platform; the lock that is committed stays as it was.
  writeFileSync(join(root, 'package-lock.json'), lockBefore);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function fail(problem, hint) {
  process.stderr.write(`${problem} ${hint}\n`);
  process.exit(3);
}
