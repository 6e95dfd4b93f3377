import type { Queues } from './queues.ts';

/**
 * Makes the number of loads at the same time what it is told to be: it lives in Redis, so that it
 * holds across processes, and is lost with it. Returns what was set anew, such as `ingest 1`.
 */
export async function ensureConcurrency(queues: Queues, ingest: number): Promise<string[]> {
  const wanted = { ingest, history: 1 } as const;
  const changed: string[] = [];
  for (const name of ['ingest', 'history'] as const) {
    if ((await queues[name].getGlobalConcurrency()) === wanted[name]) continue;
    await queues[name].setGlobalConcurrency(wanted[name]);
    changed.push(`${name} ${wanted[name]}`);
  }
  return changed;
}
