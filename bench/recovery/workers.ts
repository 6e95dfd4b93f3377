import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { readLifeSigns } from '../../src/redis/life-signs.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BLOCK = join(import.meta.dirname, 'block-on-signal.mjs');

/**
 * `near`: one machine, whose processes see each other; `far`: each in a space of processes of its
 * own, as in two containers.
 */
export type Distance = 'near' | 'far';

/** A worker process. */
export interface BenchWorker {
  child: ChildProcess;
  /** Its number as this process sees it. */
  pid(): number;
}

export function startWorker(env: Record<string, string>, distance: Distance): BenchWorker {
  const node = [process.execPath, '--import', BLOCK, join(ROOT, 'src', 'main.ts'), '--roles', 'worker'];
  const space = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const [command = '', ...args] = distance === 'far' ? [...space, ...node] : node;
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd: '/', stdio: 'ignore' });
  const pid = () => {
    const outer = child.pid ?? 0;
    if (distance === 'near') return outer;
    return Number(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim());
  };
  return { child, pid };
}

/** Which of the workers holds the job whose lock this is. */
export async function holderOf(
  token: string,
  workers: readonly BenchWorker[],
  { redis, sourceId }: { redis: Redis; sourceId: string },
): Promise<BenchWorker | null> {
  const signs = [...(await readLifeSigns(redis, sourceId)).values()];
  const sign = signs.find((one) => one.workers.some((id) => token.startsWith(`${id}:`)));
  if (!sign) return null;
  return (
    workers.find((worker) => {
      try {
        const pid = worker.pid();
        const inner = /NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(inner) === sign.pid && readlinkSync(`/proc/${pid}/ns/pid`) === sign.place.pidSpace;
      } catch {
        return false;
      }
    }) ?? null
  );
}
