import type { Logger } from 'pino';
import { tableLabel } from '../pipeline/names/index.ts';
import type { IngestPayload } from '../queues/payloads.ts';
import { messageOf } from '../queues/unfinished-runs.ts';
import type { JobContext, JobOutcome } from './settle-job.ts';
import { loadFields } from './work-log.ts';

const WAIT_MS = 10_000;

/**
 * A load that waits for another load, for a person or for a service: it holds no slot, and is
 * logged once.
 */
export function waitFor(
  { job, payload }: JobContext<IngestPayload>,
  why: string,
  { log, delayFactor }: { log: Logger; delayFactor: number },
): Extract<JobOutcome<IngestPayload>, { outcome: 'waiting' }> {
  const { runId, table } = payload;
  const message = `${tableLabel(table)} ${why}`;
  const isNew = messageOf(job.progress) !== message;
  if (isNew) log.info({ ...loadFields(runId, table), why }, 'load waiting');
  return { outcome: 'waiting', delayMs: Math.round(WAIT_MS * delayFactor), why: message };
}
