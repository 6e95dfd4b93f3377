import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** Node keeps what it has compiled: a command of ours starts with 0.8 s of CPU instead of 1.4. */
const COMPILED = join(ROOT, '.local', 'compiled');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process of ours, with its output so far. */
export interface OwnProcess {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  ended: Promise<Ended>;
}

/** Starts one of our entry points with these settings and nothing of this process's own. */
export function startProcess(
  script: 'main' | 'cli',
  args: readonly string[],
  env: Record<string, string>,
): OwnProcess {
  // Not our own folder: its .env and adutora.yml must not count.
  return startCommand([process.execPath, join(ROOT, 'src', `${script}.ts`), ...args], env, '/');
}

/** Starts an npm script as a terminal does: in a process group of its own. */
export function startNpm(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): OwnProcess {
  return startCommand(['setsid', 'npm', 'run', '--silent', script, '--', ...args], env, ROOT);
}

/** Starts any command with these settings. */
export function startCommand(
  [command = '', ...args]: readonly string[],
  env: Record<string, string>,
  cwd: string,
): OwnProcess {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH,
      HOME,
      ...(TMPDIR && { TMPDIR }),
      METADATA_SERVER_DETECTION: 'none',
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: COMPILED,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  return { child, output, ended };
}

/**
 * What Ctrl-C does: every process of the command gets the signal, and npm passes it on to its child
 * once more.
 */
export function pressCtrlC({ child }: OwnProcess): void {
  process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
}

/** Runs one command to its end. */
export function adutora(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return startProcess('cli', args, env).ended;
}
