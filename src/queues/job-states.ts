import type { Queue } from 'bullmq';
import { mapAtOnce } from '../pipeline/ports/index.ts';

const LOOK_UPS_AT_ONCE = 200;

/** The state of each of many jobs, by id; `unknown` for one that Redis does not know. */
export async function jobStates(queue: Queue, ids: readonly string[]): Promise<Map<string, string>> {
  const states = await mapAtOnce(ids, LOOK_UPS_AT_ONCE, (id) => queue.getJobState(id));
  return new Map(ids.map((id, index) => [id, states[index] ?? 'unknown']));
}
