import { newestRunFirst, objectNames } from '../names/index.ts';
import { type TablesObject, tablesObjectSchema } from '../objects/index.ts';
import { type Bucket, readObject } from '../ports/index.ts';
import { isGone } from '../verify/index.ts';

/**
 * Runs that are looked back through; every table is loaded within maxStaleness, so that what is
 * older is of no use.
 */
const LOOK_BACK = 200;

/** Runs of an installation, newest first. */
export async function newestRuns(bucket: Bucket, sourceId: string): Promise<string[]> {
  const runs = await bucket.folders(objectNames(sourceId).runs);
  return runs.sort(newestRunFirst).slice(0, LOOK_BACK);
}

/**
 * The newest `tables.json` that holds every table of the source, without those that have gone; null
 * where no run has made one.
 */
export async function newestWholeTables(
  bucket: Bucket,
  sourceId: string,
  runs?: readonly string[],
): Promise<TablesObject | null> {
  for (const runId of runs ?? (await newestRuns(bucket, sourceId))) {
    const found = await readObject(bucket, objectNames(sourceId).tables(runId), tablesObjectSchema);
    if (found && (found.value.isWhole || found.value.trigger === 'scheduled'))
      return { ...found.value, tables: found.value.tables.filter((table) => !isGone(table)) };
  }
  return null;
}
