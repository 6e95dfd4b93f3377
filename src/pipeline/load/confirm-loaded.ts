import { LoadError } from '../load-error.ts';
import type { LoadObject } from '../objects/load.ts';
import type { DestinationFacts, PublishJob } from '../ports/destination.ts';
import type { LoadDeps } from './load-deps.ts';
import { isAsPublished, type Planned, putBack, restoreId } from './put-back.ts';

/**
 * Compares what BigQuery loaded with what was staged, by the job's own count and the table's. A difference puts the
 * table back from time travel and throws `LOADED_DIFFERS`. Returns the table as it is now, and whether it is as the publish
 * left it: what somebody has changed since, the next verify sees as a difference and loads.
 */
export async function confirmLoaded(
  input: { load: LoadObject; job: PublishJob; rowsStaged: number; planned: Planned },
  deps: Pick<LoadDeps, 'destination'>,
): Promise<{ facts: DestinationFacts | null; isUntouched: boolean }> {
  const { load, job, rowsStaged } = input;
  const { dataset, table } = load.destination;
  const facts = await deps.destination.describe(load.destination);
  if (await deps.destination.wasRestored(restoreId(job.id))) {
    throw new LoadError(
      'LOADED_DIFFERS',
      `${dataset}.${table} was put back after ${job.id}, whose count differed.`,
    );
  }
  if (job.outputRows !== rowsStaged) {
    const done = await putBack({ ...input, facts }, deps);
    throw new LoadError(
      'LOADED_DIFFERS',
      `BigQuery loaded ${job.outputRows} of ${rowsStaged} staged rows with ${job.id}. ${done}`,
    );
  }
  const isUntouched = isAsPublished(facts, job);
  if (!facts || !isUntouched || facts.rows === rowsStaged) return { facts, isUntouched };
  // What is older than its partitions may be is gone as soon as it is loaded; BigQuery was told so by people.
  if (facts.doPartitionsExpire && facts.rows < rowsStaged) return { facts, isUntouched };
  const done = await putBack({ ...input, facts }, deps);
  throw new LoadError(
    'LOADED_DIFFERS',
    `${dataset}.${table} holds ${facts.rows} rows after ${rowsStaged} were loaded. ${done}`,
  );
}
