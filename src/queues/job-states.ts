import type { Queue } from 'bullmq';

const LOOK_UPS_AT_ONCE = 200;

/** The state of each of many jobs, by id; `unknown` for one that Redis does not know. */
export async function jobStates(queue: Queue, ids: readonly string[]): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (let start = 0; start < ids.length; start += LOOK_UPS_AT_ONCE) {
    const part = ids.slice(start, start + LOOK_UPS_AT_ONCE);
    const found = await Promise.all(part.map((id) => queue.getJobState(id)));
    for (const [index, id] of part.entries()) states.set(id, found[index] ?? 'unknown');
  }
  return states;
}
