import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onStopSignal, toldToStop } from '../src/terminal/signals.ts';
import { readArguments } from './arguments.ts';
import { StackError } from './component.ts';
import { startService } from './demo/service.ts';
import { tellStory } from './demo/story.ts';
import { runProgram } from './program.ts';
import { installAll } from './stack/install-all.ts';
import { startStack } from './stack/start-stack.ts';
import { DATA_VARIABLE } from './tools/leftovers.ts';
import { INSTALL_DIR } from './tools/paths.ts';

const DATA_DIR = join(INSTALL_DIR, 'demo');

const USAGE = `Usage: npm run demo [-- --keep]

  --keep   leave everything running with the board, until Ctrl-C

Exit: 0 all agreed · 1 something did not · 2 usage, or already running · 3 a part could not be installed or started · 130 Ctrl-C`;

/**
 * `npm run demo [-- --keep]`: the whole pipeline on this machine; exit code 0 only if everything
 * agreed.
 */
async function main(): Promise<number> {
  const { values } = readArguments(USAGE, { keep: { type: 'boolean' } });
  const started = Date.now();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const installed = await installAll(say);
  const stack = await startStack({
    installed,
    dataDir: DATA_DIR,
    ports: 'free',
    isFresh: true,
    env: { INGEST_CONCURRENCY: '2', INGEST_ENGINE: 'auto', DIRECT_MAX_BYTES: '16MB' },
  });
  for (const { name, version, address } of stack.components)
    say(`   ${name.padEnd(10)} ${version.padEnd(30)} ${address}`);
  const env = await demoEnv(stack.env);
  const service = startService(env);
  const stop = new AbortController();
  const stopped = untilStopped(Promise.race([stack.died, service.died]));
  try {
    const story = tellStory(env, { say, signal: stop.signal, restart: service.restart });
    const problems = await Promise.race([story, stopped]);
    if (!problems) throw new StackError('The demo was stopped.', '', 1);
    say(
      problems.length === 0
        ? `\nAll agreed (${((Date.now() - started) / 1_000).toFixed(0)} s).`
        : `\n${problems.map((problem) => `NOT AGREED: ${problem}`).join('\n')}`,
    );
    if (values.keep) {
      say(
        `The board: http://127.0.0.1:${env['BOARD_PORT']}/   settings: ENV_FILE=${join(DATA_DIR, 'demo.env')}   stop with Ctrl-C`,
      );
      await stopped;
    }
    return problems.length === 0 ? 0 : 1;
  } finally {
    stop.abort();
    await service.stop();
    await stack.stop();
  }
}

/**
 * Settles once a signal has told us to stop. A part that has ended by itself throws a `StackError`.
 */
async function untilStopped(died: Promise<string>): Promise<void> {
  const signalled = new Promise<null>((resolve) => onStopSignal(() => resolve(null)));
  const how = await Promise.race([signalled, died]);
  if ((await toldToStop()) === null) throw new StackError(`${how}`, 'See .local/demo/log.');
}

/** The stack's settings in a file, and an environment in which nothing else of ours is set. */
async function demoEnv(settings: Record<string, string>): Promise<Record<string, string>> {
  const file = join(DATA_DIR, 'demo.env');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
      .join(''),
    { mode: 0o600 },
  );
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  // What a killed demo leaves is ended by the next start.
  return { ...Object.fromEntries(kept), ...settings, ENV_FILE: file, [DATA_VARIABLE]: DATA_DIR };
}

runProgram(main);
