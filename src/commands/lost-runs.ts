import { endedLoads } from '../pipeline/history/index.ts';
import { objectNames } from '../pipeline/names/index.ts';
import { tablesObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import type { IngestPayload } from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import type { CommandContext } from './command.ts';
import { runsOfBucket } from './known-runs.ts';

/** What is told of a run that only the bucket knows. */
export const LOST_NOTE = 'Redis does not know it; the scheduler puts it back into the queue within a minute';
/** Runs that are looked at; one that has not ended is among the newest. */
const LOOKED_AT = 50;

/**
 * The newest runs of the bucket that have not ended, newest first, whether or not Redis knows them.
 */
export async function openRuns(context: CommandContext): Promise<string[]> {
  const { ports, verify } = context;
  const names = objectNames(verify.sourceId);
  const runs = (await runsOfBucket(context)).slice(0, LOOKED_AT);
  const haveEnded = await Promise.all(runs.map((runId) => ports.bucket.exists(names.summary(runId))));
  return runs.filter((_, index) => !haveEnded[index]);
}

/** Loads, without an end, of runs that only the bucket knows: they come back with their run. */
export async function lostLoads(
  queues: Queues,
  context: CommandContext,
): Promise<Pick<IngestPayload, 'runId' | 'loadId' | 'table'>[]> {
  const { ports, verify } = context;
  const { sourceId } = verify;
  const loads = (await openRuns(context)).map(async (runId) => {
    if (await queues.controller.getJob(runId)) return [];
    const name = objectNames(sourceId).tables(runId);
    const decided = await readObject(ports.bucket, name, tablesObjectSchema);
    const ended = await endedLoads({ sourceId, runId }, ports.bucket);
    return (decided?.value.tables ?? []).flatMap(({ loadId, schema, table }) =>
      loadId === null || ended.has(loadId) ? [] : [{ runId, loadId, table: { schema, table } }],
    );
  });
  return (await Promise.all(loads)).flat();
}
