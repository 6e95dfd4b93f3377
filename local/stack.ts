import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Component, StackError } from './component.ts';
import { installAll } from './stack/install-all.ts';
import { INSTALL_DIR, STACK_ENV_FILE } from './stack/paths.ts';
import { choosePorts, type Stack, startStack } from './stack/start-stack.ts';

const DATA_DIR = join(INSTALL_DIR, 'data');
const USAGE =
  'Usage: npm run stack [-- --fresh] [--json]\n  --fresh   start with empty data\n  --json    print the components as one line of JSON\n';

/** `npm run stack`: everything Adutora needs, on loopback, until Ctrl-C. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const installed = await installAll(say);
  const ports = await choosePorts('default');
  if (values.fresh) await rm(DATA_DIR, { recursive: true, force: true });
  const show = values.json
    ? () => undefined
    : (component: Component) => process.stdout.write(`${line(component)}\n`);
  const stack = await startStack({ installed, dataDir: DATA_DIR, ports, report: show });
  await writeStackEnv(stack.env);
  if (values.json)
    process.stdout.write(
      `${JSON.stringify(stack.components.map(({ name, version, address, pid }) => ({ name, version, address, pid })))}\n`,
    );
  say('The stack is up. Settings: .local/stack.env. Stop it with Ctrl-C.');
  await untilStopped(stack, say);
}

function line({ name, version, address, pid }: Component): string {
  return `${name.padEnd(10)} ${version.padEnd(30)} ${address.padEnd(24)} pid ${pid}`;
}

async function writeStackEnv(env: Record<string, string>): Promise<void> {
  const lines = Object.entries(env).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  await writeFile(STACK_ENV_FILE, `${lines.join('\n')}\n`, { mode: 0o600 });
}

async function untilStopped(stack: Stack, say: (line: string) => void): Promise<void> {
  const signalled = new Promise<null>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(null));
  });
  const dead = await Promise.race([signalled, ...stack.components.map(({ died }) => died)]);
  say(dead === null ? 'Stopping …' : `A part of the stack has ended: ${dead}`);
  if (existsSync(STACK_ENV_FILE)) await rm(STACK_ENV_FILE);
  await stack.stop();
  say('The stack is down.');
  process.exit(dead === null ? 0 : 3);
}

main().catch((error: unknown) => {
  const known = error instanceof StackError ? error : null;
  process.stderr.write(
    `${known ? `${known.message}\n${known.hint}` : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(known?.exitCode ?? 1);
});
