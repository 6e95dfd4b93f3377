import type { Job } from 'bullmq';
import type { LoadError } from '../pipeline/errors/index.ts';
import type { LoadWatch } from '../pipeline/load/index.ts';
import { tableLabel } from '../pipeline/names/index.ts';
import type { LoadObject } from '../pipeline/objects/index.ts';

/**
 * Progress for the board, which names table and engine, and a line a step in the job's log; what is
 * passing is in no log.
 */
export function watchLoad(
  job: Job,
  { load, signal, now }: { load: LoadObject; signal: AbortSignal; now(): Date },
): LoadWatch {
  const { engine } = load;
  const table = tableLabel(load.table);
  return {
    signal,
    report: async ({ isPassing = false, ...told }) => {
      await job.updateProgress({ ...told, table, engine, isPassing });
      if (!isPassing) await job.log(`${now().toISOString()} ${told.message}`);
    },
  };
}

/** The driver's last lines and where its Dataproc job is seen, where the error knows them. */
export async function logDriverOutput(job: Job, error: LoadError): Promise<void> {
  const { driverOutput, link } = error.context;
  if (typeof driverOutput === 'string') await job.log(`driver output:\n${driverOutput}`);
  if (typeof link === 'string') await job.log(`Dataproc job: ${link}`);
}
