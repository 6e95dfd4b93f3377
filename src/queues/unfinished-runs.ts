import type { Job } from 'bullmq';
import { parseRun } from '../pipeline/names/index.ts';
import type { Trigger } from '../pipeline/objects/index.ts';
import { runPayloadSchema } from './payloads.ts';
import type { Queues } from './queues.ts';

/** How far a run is that has not ended; docs/architecture.md has the meanings. */
export const UNFINISHED = ['queued', 'verifying', 'running'] as const;

/** A run that has not ended, as its job tells. */
export interface UnfinishedRun {
  runId: string;
  trigger: Trigger;
  requestedAt: string;
  status: (typeof UNFINISHED)[number];
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
        const payload = runPayloadSchema.safeParse(job.data).data ?? runOfName(job);
        if (!payload) return [];
        const { runId, trigger, requestedAt } = payload;
        return [{ runId, trigger, requestedAt, status, message: messageOf(job.progress) }];
      });
    }),
  );
  // A job may have moved on between two answers.
  return [...new Map(runs.flat().map((one) => [one.runId, one])).values()];
}

/** What the name of a run's job tells where its payload cannot be read; null for what is no run. */
export function runOfName({
  id = '',
  timestamp,
}: Pick<Job, 'id' | 'timestamp'>): Pick<UnfinishedRun, 'runId' | 'trigger' | 'requestedAt'> | null {
  const run = parseRun(id);
  return run && { runId: id, trigger: run.trigger, requestedAt: new Date(timestamp || 0).toISOString() };
}

/** The message of a job's progress. */
export function messageOf(progress: unknown): string | null {
  return textOf(progress, 'message');
}

/** The step of a job's progress. */
export function stepOf(progress: unknown): string | null {
  return textOf(progress, 'step');
}

/** Progress is written by us, and by whoever has Redis open. */
function textOf(progress: unknown, key: string): string | null {
  const value = typeof progress === 'object' ? (progress as Record<string, unknown> | null)?.[key] : null;
  return value === undefined || value === null ? null : String(value);
}
