import { publishJobId } from '../names.ts';
import type { LoadObject } from '../objects/load.ts';
import type { PublishObject } from '../objects/publishing.ts';
import type { DestinationFacts, PublishJob } from '../ports/destination.ts';
import type { LoadDeps } from './load-deps.ts';
import { readPublish } from './publish-stage.ts';

/** BigQuery's clock for a table's change may lie a little behind the end of the job that made it. */
const MODIFIED_TOLERANCE_MS = 10_000;
/** Clocks of worker and BigQuery differ by less. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** What `publish.json` says of the destination before. */
export type Planned = Pick<PublishObject, 'before' | 'isRemade' | 'createdAt'>;

export const restoreId = (jobId: string) => `${jobId}-restore`;

/** Whether nobody has changed the table since the publish; one that is not there has been. */
export function isAsPublished(facts: DestinationFacts | null, job: PublishJob): boolean {
  if (!facts || !job.endedAt) return false;
  return Date.parse(facts.lastModified) <= Date.parse(job.endedAt) + MODIFIED_TOLERANCE_MS;
}

/**
 * Undoes a publish by time travel; a table that it made is removed. What somebody has put there since stays. Returns what was
 * done, as a sentence.
 */
export async function putBack(
  input: { load: LoadObject; job: PublishJob; planned: Planned; facts: DestinationFacts | null },
  { destination }: Pick<LoadDeps, 'destination'>,
): Promise<string> {
  const { load, job, planned, facts } = input;
  if (!job.startedAt) return 'It was left as it is.';
  if (facts && !isAsPublished(facts, job)) return 'It has been changed since, and was left as it is.';
  if (facts && (planned.before === null || planned.isRemade)) await destination.remove(load.destination);
  if (planned.before === null) return 'It was removed, as it had not been there before.';
  const at = planned.isRemade ? beforeRemoval(planned) : new Date(Date.parse(job.startedAt) - 1);
  const isBack = await destination.restore({ id: restoreId(job.id), destination: load.destination, at });
  return isBack
    ? 'It was put back to what it was.'
    : `It could not be put back: BigQuery does not have it as of ${at.toISOString()}.`;
}

/**
 * A destination that was removed to be made anew, and whose load has failed, is brought back. Null where there is nothing to do,
 * else what was done, as a sentence.
 */
export async function bringBack(
  load: LoadObject,
  attempt: string,
  deps: Pick<LoadDeps, 'destination' | 'stage'>,
): Promise<string | null> {
  const planned = await readPublish(load, attempt, deps);
  if (!planned?.isRemade || (await deps.destination.describe(load.destination))) return null;
  const id = restoreId(publishJobId({ sourceId: load.sourceId, attempt, publishNumber: 1 }));
  const at = beforeRemoval(planned);
  const isBack = await deps.destination.restore({ id, destination: load.destination, at });
  return isBack
    ? 'The table that was removed to be made anew is back.'
    : `The table that was removed to be made anew could not be brought back: BigQuery does not have it as of ${at.toISOString()}.`;
}

/** Nothing changed between its last change, by BigQuery's clock, and its removal: any time between is right, and time travel reaches seven days. */
function beforeRemoval({ before, createdAt }: Planned): Date {
  const lastChange = Date.parse(before?.lastModified ?? '') || 0;
  return new Date(Math.max(lastChange + 1, Date.parse(createdAt) - CLOCKS_DIFFER_MS));
}
