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

/**
 * Starts `npm start` in the background; its log goes to our standard error only if it ends by
 * itself.
 */
export function startService(env: Record<string, string>): { died: Promise<string>; stop(): Promise<void> } {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
    env,
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
  const exit = ended(child);
  return {
    died: exit.then((code) => `Adutora has ended (exit code ${code}):\n${log}`),
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
