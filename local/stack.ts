import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onStopSignal, toldToStop } from '../src/terminal/signals.ts';
import { readArguments } from './arguments.ts';
import type { Component } from './component.ts';
import { runProgram } from './program.ts';
import { ensureSample } from './sample/ensure-sample.ts';
import { installAll } from './stack/install-all.ts';
import { readOwnSource } from './stack/own-source.ts';
import { type Stack, startStack } from './stack/start-stack.ts';
import { INSTALL_DIR, STACK_ENV_FILE } from './tools/paths.ts';
import { PARTS } from './tools/ports.ts';

const USAGE = `Usage: npm run stack [-- --source FILE] [-- --fresh] [-- --json]

  --source FILE   load from a database of your own, instead of a MySQL with a sample: the MYSQL_… settings of FILE
  --fresh         start with empty data
  --json          print the components as one line of JSON

Ports: STACK_PORT_REDIS (6390), _MYSQL (3310), _GCS (4443), _BIGQUERY (9050), _DATAPROC (9060), _BOARD (3000)
Exit:  0 stopped · 2 usage, or already running · 3 a part could not be installed or started, or has ended`;

interface Options {
  /** Settings of a database of the user's own, null for the sample. */
  source: Record<string, string> | null;
  isFresh: boolean;
  isJson: boolean;
}

/**
 * `npm run stack`: everything Adutora needs, on loopback, until Ctrl-C. Progress goes to stderr,
 * components to stdout.
 */
async function main(): Promise<number> {
  const options = readOptions();
  const installed = await installAll(say);
  const { source, isFresh } = options;
  const stack = await startStack({
    installed,
    dataDir: join(INSTALL_DIR, source ? 'data-own' : 'data'),
    logDir: join(INSTALL_DIR, 'log'),
    ports: 'default',
    isFresh,
    ...(source && { parts: PARTS.filter((part) => part !== 'mysql'), env: source }),
  });
  if (!source) await ensureSample(stack.env, say);
  await announce(stack, options);
  return runUntilStopped(stack);
}

function readOptions(): Options {
  const boolean = { type: 'boolean' } as const;
  const { values } = readArguments(USAGE, { fresh: boolean, json: boolean, source: { type: 'string' } });
  return {
    source: values.source === undefined ? null : readOwnSource(values.source),
    isFresh: values.fresh === true,
    isJson: values.json === true,
  };
}

async function announce({ components, env }: Stack, { isJson }: Options): Promise<void> {
  const lines = Object.entries(env).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  rmSync(STACK_ENV_FILE, { force: true });
  await writeFile(STACK_ENV_FILE, `${lines.join('\n')}\n`, { mode: 0o600 });
  const shown = components.map(({ name, version, address, pid }) => ({ name, version, address, pid }));
  const text = isJson ? JSON.stringify(shown) : shown.map(line).join('\n');
  process.stdout.write(`${text}\n`);
  const source = `${env['MYSQL_SCHEMAS']} of ${env['MYSQL_HOST']}`;
  say(`The stack is up, to load ${source}. Settings: .local/stack.env. Stop it with Ctrl-C.`);
}

function line({ name, version, address, pid }: Omit<Component, 'died' | 'stop'>): string {
  return `${name.padEnd(10)} ${version.padEnd(24)} ${address.padEnd(24)} pid ${pid}`;
}

/** Returns the exit code. */
async function runUntilStopped(stack: Stack): Promise<number> {
  const signalled = new Promise<null>((resolve) => onStopSignal(() => resolve(null)));
  const how = await Promise.race([signalled, stack.died]);
  const death = (await toldToStop()) === null ? how : null;
  say(death === null ? 'Stopping …' : `A part of the stack has ended: ${death}`);
  rmSync(STACK_ENV_FILE, { force: true });
  await stack.stop();
  say('The stack is down.');
  return death === null ? 0 : 3;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

runProgram(main);
