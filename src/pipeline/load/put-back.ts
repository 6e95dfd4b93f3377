import { askAgain } from '../ask-again.ts';
import type { DestinationRef, LoadObject } from '../objects/load.ts';
import type { PublishObject } from '../objects/publishing.ts';
import type { DestinationFacts, PublishJob } from '../ports/destination.ts';
import type { LoadDeps } from './load-deps.ts';

/** BigQuery's clock for a table's change may lie a little behind the end of the job that made it. */
const MODIFIED_TOLERANCE_MS = 10_000;

export const restoreId = ({ id }: PublishJob) => `${id}-restore`;

/** Whether nobody has changed the table since a job that ended then; one that is not there has been. */
export function isAsOf(facts: DestinationFacts | null, endedAt: string | null): boolean {
  if (!facts || !endedAt) return false;
  return Date.parse(facts.lastModified) <= Date.parse(endedAt) + MODIFIED_TOLERANCE_MS;
}

/** A table that was just written; null where it is gone. */
export function describeLoaded(
  table: DestinationRef,
  { destination, sleep }: Pick<LoadDeps, 'destination' | 'sleep'>,
  signal: AbortSignal,
): Promise<DestinationFacts | null> {
  return askAgain(
    () => destination.describe(table),
    (ms) => sleep(ms, signal),
  );
}

/**
 * Undoes a publish by time travel; a table that it made is removed. What somebody has put there since stays. Returns what was
 * done, as a sentence.
 */
export async function putBack(
  input: {
    load: LoadObject;
    job: PublishJob;
    /** What `publish.json` says of the destination before. */
    before: PublishObject['before'];
    facts: DestinationFacts | null;
  },
  { destination }: Pick<LoadDeps, 'destination'>,
): Promise<string> {
  const { load, job, before, facts } = input;
  if (!job.startedAt) return 'It was left as it is.';
  if (facts && !isAsOf(facts, job.endedAt)) return 'It has been changed since, and was left as it is.';
  if (before === null) {
    await destination.remove(load.destination);
    return 'It was removed, as it had not been there before.';
  }
  const at = new Date(Date.parse(job.startedAt) - 1);
  const table = load.destination;
  return (await destination.copy({ id: restoreId(job), source: table, at, destination: table }))
    ? 'It was put back to what it was.'
    : `It could not be put back: BigQuery does not have it as of ${at.toISOString()}.`;
}
