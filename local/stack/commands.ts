import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { StackError } from '../component.ts';

const exec = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

/** Runs a command to its end; its output. A failure is told with the end of what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: { hint: string; cwd?: string; env?: Record<string, string> },
): Promise<string> {
  try {
    const env = { ...process.env, ...options.env };
    const { stdout, stderr } = await exec(command, args, {
      maxBuffer: MAX_OUTPUT_BYTES,
      env,
      ...(options.cwd && { cwd: options.cwd }),
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as { stdout?: string; stderr?: string; message: string };
    const tail = `${stdout}${stderr}`.trimEnd().split('\n').slice(-8).join('\n') || message;
    throw new StackError(`${command} ${args[0] ?? ''} failed:\n${tail}`, options.hint);
  }
}

/** Whether a command of that name is on the PATH. */
export async function isInstalled(command: string): Promise<boolean> {
  return exec('which', [command]).then(
    () => true,
    () => false,
  );
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Makes a folder whole or not at all: `make` fills a temporary one beside it. Done before: nothing happens. */
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
