import { runCommandLine, tellError } from '../../src/composition/command-line.ts';
import { guardOutput } from '../../src/terminal/guard-output.ts';
import type { Ended } from './processes.ts';

/**
 * Runs a command to its end in this process: what `adutora` of processes.ts does, without the
 * second that a process takes to start. For tests that ask what commands answer; that each starts
 * and ends as a process is asked by test/e2e/commands.test.ts.
 */
export async function command(
  args: readonly string[],
  env: Record<string, string>,
  // Not our own folder: its .env and adutora.yml must not count.
  folder = '/',
): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const streamOf = (name: keyof typeof written) => ({
    write: (text: string | Uint8Array) => {
      written[name] += String(text);
      return true;
    },
  });
  const streams = { stdout: streamOf('stdout'), stderr: streamOf('stderr') };
  guardOutput(Object.values(streams));
  const surroundings = { env, folder, ...streams };
  const code = await runCommandLine(args, surroundings).catch((error: unknown) =>
    tellError(error, args, surroundings),
  );
  return { code, ...written };
}
