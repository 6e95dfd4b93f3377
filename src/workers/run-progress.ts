import type { Job } from 'bullmq';
import type { RunStep } from './job-steps.ts';

/** What a run does now: its job's progress, and a line in the job's log. */
export async function tellProgress(
  job: Job,
  { step, message }: { step: RunStep; message: string },
  { now }: { now(): Date },
): Promise<void> {
  await job.updateProgress({ step, message });
  await job.log(`${now().toISOString()} ${message}`);
}
