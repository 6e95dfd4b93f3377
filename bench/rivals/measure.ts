import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../../local/component.ts';
import { childrenCpuSeconds, treeMemory, watchPeak } from '../processes.ts';
import type { Command } from './rival.ts';

const LOOK_MS = 50;
const TAIL_LINES = 8;

/** What commands took, with all that they started. */
export interface Cost {
  seconds: number;
  cpuSeconds: number;
  /** The most memory that their processes had at one time, in bytes. */
  peakBytes: number;
}

/**
 * Runs commands one after the other in `folder`. Nothing else may be started meanwhile: the CPU is
 * that of the processes that have ended. Throws a `StackError` where one fails.
 */
export async function measure(commands: readonly Command[], folder: string): Promise<Cost> {
  const before = { at: performance.now(), cpu: childrenCpuSeconds() };
  let peakBytes = 0;
  for (const command of commands) peakBytes = Math.max(peakBytes, await runOne(command, folder));
  return {
    seconds: (performance.now() - before.at) / 1_000,
    cpuSeconds: childrenCpuSeconds() - before.cpu,
    peakBytes,
  };
}

async function runOne({ program, args, env }: Command, folder: string): Promise<number> {
  const file = join(folder, '.output');
  const output = openSync(file, 'a');
  const child = spawn(program, args, {
    cwd: folder,
    // The folder by which it is found and ended, should this process be stopped.
    env: { ...process.env, ADUTORA_BENCH: folder, ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const memory = watchPeak(() => treeMemory(child.pid ?? 0), LOOK_MS);
  const [code] = await once(child, 'exit').finally(memory.stop);
  if (code !== 0)
    throw new StackError(`${program} ended with ${code}:\n${tailOf(file)}`, 'Look at what it says.');
  return memory.stop();
}

function tailOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
