import { type TableRef, tableLabel } from '../pipeline/names/index.ts';
import { ingestPayloadSchema } from './payloads.ts';
import type { Queues } from './queues.ts';
import { messageOf } from './unfinished-runs.ts';

/** How far a run is whose loads are under way. */
export interface RunProgress {
  loaded: number;
  failed: number;
  cancelled: number;
  /** What is at work now. */
  active: { table: TableRef; message: string | null }[];
}

/**
 * Null where the queue does not know the run. Loads that were cancelled while they waited are
 * counted by nobody until the run's end.
 */
export async function runProgress(queues: Queues, runId: string): Promise<RunProgress | null> {
  const job = await queues.controller.getJob(runId);
  if (!job) return null;
  const [{ processed = 0 }, failures, active] = await Promise.all([
    job.getDependenciesCount({ processed: true }),
    job.getIgnoredChildrenFailures(),
    queues.ingest.getActive(),
  ]);
  const reasons = Object.values(failures);
  const cancelled = reasons.filter((reason) => reason.startsWith('CANCELLED')).length;
  return {
    loaded: processed,
    failed: reasons.length - cancelled,
    cancelled,
    active: active.flatMap((one) => {
      const payload = ingestPayloadSchema.safeParse(one?.data);
      if (!payload.success || payload.data.runId !== runId) return [];
      return [{ table: payload.data.table, message: messageOf(one.progress) }];
    }),
  };
}

/**
 * `escola.notas: reading since 18:02:11 (UTC), 1,200,000 rows so far`, one table after the other;
 * null where nothing is at work.
 */
export function atWork({ active }: RunProgress): string | null {
  const told = active.map(({ table, message }) => `${tableLabel(table)}: ${message ?? 'begins'}`);
  return told.length > 0 ? told.join('; ') : null;
}
