#!/usr/bin/env node
// `adutora COMMAND …` for people who have it on their PATH (npm link). Runs on the machine's own
// Node, and hands over to the one that Adutora brings.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

await import('../local/bootstrap.mjs');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command, ...args] = process.argv.slice(2);
const script =
  command === 'start' ? ['--max-semi-space-size=4', join(root, 'src', 'main.ts'), ...args] : cli();
const packaged = join(root, 'node_modules', '.bin', 'node');
const child = spawn(existsSync(packaged) ? packaged : process.execPath, script, { stdio: 'inherit' });
// The child decides how it ends. Ctrl-C and a closed terminal reach it by themselves, a `kill` of
// this process does not; twice is once (src/terminal/signals.ts).
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

function cli() {
  return [join(root, 'src', 'cli.ts'), ...process.argv.slice(2)];
}
