import type { Job } from 'bullmq';
import type { LoadError } from '../pipeline/errors/index.ts';
import type { LoadWatch } from '../pipeline/load/index.ts';
import { type TableRef, tableLabel } from '../pipeline/names/index.ts';

/**
 * Progress for the board, which names the table, and a line a step in the job's log; what is
 * passing is in no log.
 */
export function watchLoad(
  job: Job,
  { table: ref, signal, now }: { table: TableRef; signal: AbortSignal; now(): Date },
): LoadWatch {
  const table = tableLabel(ref);
  return {
    signal,
    report: async ({ isPassing = false, ...told }) => {
      await job.updateProgress({ ...told, table, isPassing });
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
