import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../tools/paths.ts';

/** A command of Adutora's as a user types it, and how it is really started. */
export interface CliCall {
  /** The part after `npm run`, such as `enqueue -- table=x`. */
  shown: string;
  args: readonly string[];
  env: Record<string, string>;
  /** Ends it, and lets no other start. */
  signal: AbortSignal;
}

/** Runs a command, its progress on our terminal; its answer and exit code. */
export async function runCli({
  shown,
  args,
  env,
  signal,
}: CliCall): Promise<{ exitCode: number; output: string }> {
  signal.throwIfAborted();
  process.stdout.write(`\n$ npm run ${shown}\n`);
  const child = spawn(process.execPath, [join(ROOT, 'src', 'cli.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: ROOT,
    signal,
  });
  const endWithUs = () => child.kill();
  process.once('exit', endWithUs);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const exitCode = await ended(child);
  process.off('exit', endWithUs);
  return { exitCode, output };
}

/** `npm start` in the background. */
export interface Service {
  /** It has ended by itself: how, with the end of its log. */
  died: Promise<string>;
  /** Ends it as SIGTERM does, and starts it with other settings. */
  restart(changes: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it; its log goes to our standard error only if it ends by itself.
 */
export function startService(env: Record<string, string>): Service {
  const { promise: died, resolve: tellDeath } = Promise.withResolvers<string>();
  const start = (changes: Record<string, string>) => {
    const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
      env: { ...env, ...changes },
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: ROOT,
      // As the stack's parts: Ctrl-C is for us, who stop it before them.
      detached: true,
    });
    // A second Ctrl-C leaves at once.
    process.once('exit', () => child.kill());
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = `${log}${chunk}`.slice(-20_000);
    });
    let isStopping = false;
    const exit = ended(child);
    void exit.then((code) => {
      if (!isStopping) tellDeath(`Adutora has ended (exit code ${code}):\n${log}`);
    });
    return async () => {
      isStopping = true;
      child.kill('SIGTERM');
      await exit;
    };
  };
  let stop = start({});
  return {
    died,
    restart: async (changes) => {
      await stop();
      stop = start(changes);
    },
    stop: () => stop(),
  };
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
