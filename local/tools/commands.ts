import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { StackError } from '../component.ts';

const exec = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;
const TAIL_LINES = 8;
const SHOWN_ARGS = 3;

/**
 * Runs a command to its end; its output. A failure is a `StackError` with the end of what it
 * printed.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: { hint: string; cwd?: string; env?: Record<string, string> },
): Promise<string> {
  const running = exec(command, args, {
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, ...options.env },
    ...(options.cwd && { cwd: options.cwd }),
  });
  const endWithUs = () => running.child.kill();
  process.once('exit', endWithUs);
  try {
    const { stdout, stderr } = await running;
    return `${stdout}${stderr}`;
  } catch (error) {
    throw new StackError(
      `${command} ${args.slice(0, SHOWN_ARGS).join(' ')} … failed:\n${outputTail(error)}`,
      options.hint,
    );
  } finally {
    process.off('exit', endWithUs);
  }
}

function outputTail(error: unknown): string {
  const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
  const lines = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).join('\n') || message;
}

/** Whether a command of that name is on the PATH. */
export async function isInstalled(command: string): Promise<boolean> {
  return exec('which', [command]).then(
    () => true,
    () => false,
  );
}

/** In hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Makes a folder whole or not at all: `make` fills a temporary one beside it. Done before: nothing
 * happens.
 */
export async function makeFolderOnce(
  folder: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  if (existsSync(folder)) return;
  const temporary = `${folder}.partial`;
  await rm(temporary, { recursive: true, force: true });
  await make(temporary);
  await rename(temporary, folder);
}
