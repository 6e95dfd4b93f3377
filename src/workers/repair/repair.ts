import { toLoadError } from '../../pipeline/errors/index.ts';
import { ensureConcurrency } from '../../queues/concurrency.ts';
import { settler } from '../settle.ts';
import type { RepairContext, RepairInput, RepairMemory } from './repair-context.ts';
import { repairHistory } from './repair-history.ts';
import { repairRemote } from './repair-remote.ts';
import { repairRuns } from './repair-runs.ts';
import { repairStages } from './repair-stages.ts';

const STAGES_EVERY_MS = 3_600_000;
const SAID_AGAIN_MS = 3_600_000;

export interface Repair {
  /**
   * One look at everything, and what is to be done; never throws. Calls at the same time are one.
   */
  look(): Promise<void>;
}

/**
 * Brings back into order what nobody else does: what Redis has lost, what died without a word, what
 * people did by hand, what is under way for nobody. Whatever it does has a fixed name, so that
 * several processes may do it at once. A line in the log for each thing, with why.
 */
export function createRepair(input: RepairInput): Repair {
  const context = { ...input, settle: settler(input.deps, input.log, input.shutdown) };
  const memory: RepairMemory = {
    ended: new Map(),
    pending: new Set(),
    loads: new Map(),
    suspects: new Map(),
    settled: new Set(),
    said: new Map(),
    stagesAt: 0,
  };
  let looking: Promise<void> | null = null;
  return {
    look: () => {
      looking ??= lookOnce(context, memory).finally(() => {
        looking = null;
      });
      return looking;
    },
  };
}

async function lookOnce(context: RepairContext, memory: RepairMemory): Promise<void> {
  const { log, now } = context;
  const tried = trying(context, memory);
  await tried('concurrency', async () => {
    const changed = await ensureConcurrency(context.queues, context.concurrency);
    if (changed.length > 0) log.warn({ concurrency: changed }, 'concurrency set anew: Redis did not know it');
  });
  const found = await tried('runs', () => repairRuns(context, memory));
  if (!found) return;
  await tried('history', () => repairHistory(context, memory));
  await tried('Dataproc jobs', () => repairRemote(found, context, memory));
  if (now().getTime() - memory.stagesAt < STAGES_EVERY_MS) return;
  memory.stagesAt = now().getTime();
  await tried('stages', () => repairStages(context, memory));
}

/**
 * Each step by itself: a service that is away keeps nobody from the rest, and the next look is in a
 * minute. What lasts is said once an hour.
 */
function trying({ log, shutdown, now }: RepairContext, { said }: RepairMemory) {
  return async <T>(what: string, step: () => Promise<T>): Promise<T | null> => {
    if (shutdown.aborted) return null;
    try {
      const done = await step();
      said.delete(what);
      return done;
    } catch (thrown) {
      if (shutdown.aborted) return null;
      const { code, message, isTransient } = toLoadError(thrown);
      const before = said.get(what);
      const at = now().getTime();
      if (before?.message === message && at - before.at < SAID_AGAIN_MS) return null;
      said.set(what, { message, at });
      const isOutage = isTransient && code !== 'UNEXPECTED';
      log[isOutage ? 'info' : 'error']({ code, err: message, what }, 'repair not finished');
      return null;
    }
  };
}
