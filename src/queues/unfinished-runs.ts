import type { Trigger } from '../pipeline/objects/load.ts';
import { runPayloadSchema } from './payloads.ts';
import type { Queues } from './queues.ts';

/** A run that has not ended, as its job tells. */
export interface UnfinishedRun {
  run: string;
  trigger: Trigger;
  requestedAt: string;
  status: 'queued' | 'verifying' | 'running';
  /** What its job said last. */
  message: string | null;
}

const STATES = [
  ['waiting', 'queued'],
  ['prioritized', 'queued'],
  ['delayed', 'queued'],
  ['active', 'verifying'],
  ['waiting-children', 'running'],
] as const;

/** Every run that has not ended, also those that no worker has taken yet. */
export async function unfinishedRuns({ controller }: Queues): Promise<UnfinishedRun[]> {
  const runs = await Promise.all(
    STATES.map(async ([state, status]) => {
      const jobs = await controller.getJobs([state]);
      return jobs.flatMap((job) => {
        const payload = runPayloadSchema.safeParse(job?.data);
        if (!payload.success) return [];
        const { run, trigger, requestedAt } = payload.data;
        return [{ run, trigger, requestedAt, status, message: messageOf(job.progress) }];
      });
    }),
  );
  // A job may have moved on between two answers.
  return [...new Map(runs.flat().map((one) => [one.run, one])).values()];
}

/** The message of a job's progress. */
export function messageOf(progress: unknown): string | null {
  return typeof progress === 'object' && progress !== null && 'message' in progress
    ? String(progress.message)
    : null;
}
