import { execFile } from 'node:child_process';

/** How a command ended, with all that it said. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a command to its end; one that is not there ends with 127. */
export function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const options = { env: { ...process.env, ...env }, maxBuffer: OUTPUT_BYTES };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ code, stdout, stderr });
    });
  });
}

/** `docker …`, which must succeed. */
export async function docker(...args: string[]): Promise<string> {
  return succeeded(['docker', ...args], await run('docker', args));
}

/** The output of a command; throws with all that it said where it failed. */
export function succeeded(command: readonly string[], { code, stdout, stderr }: Ended): string {
  if (code === 0) return stdout.trim();
  throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout.slice(-4_000)}${stderr.slice(-8_000)}`);
}

/** What docker and Compose say of their versions, or why the suite cannot run here. */
export async function findEngine(): Promise<{ versions: string } | { problem: string }> {
  const engine = await run('docker', ['version', '--format', '{{.Server.Version}}']);
  if (engine.code === 127) return { problem: 'docker is not on the PATH' };
  if (engine.code !== 0) return { problem: `no Docker engine answers: ${lastLine(engine.stderr)}` };
  const compose = await run('docker', ['compose', 'version', '--short']);
  if (compose.code !== 0) return { problem: 'docker has no compose (version 2)' };
  return { versions: `Docker Engine ${engine.stdout.trim()}, Compose ${compose.stdout.trim()}` };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
