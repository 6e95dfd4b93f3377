import { loadName, objectNames, parseObjectName } from '../names/index.ts';
import { type EndedLoad, type LoadEndObject, loadEndObjectSchema } from '../objects/index.ts';
import { type Bucket, createObject, jsonBytes, keptChanging, readObject } from '../ports/index.ts';

const TRIES = 5;

/** How a load has ended; null where it has not. */
export async function readLoadEnd(
  { sourceId, runId, loadId }: { sourceId: string; runId: string; loadId: string },
  bucket: Bucket,
): Promise<EndedLoad | null> {
  const found = await readObject(bucket, objectNames(sourceId).end(runId, loadId), loadEndObjectSchema);
  return found && { row: found.value.row, failure: found.value.failure };
}

/** Loads of a run that have an end, by LOAD. */
export async function endedLoads(
  { sourceId, runId }: { sourceId: string; runId: string },
  bucket: Pick<Bucket, 'list'>,
): Promise<Set<string>> {
  const objects = await bucket.list(objectNames(sourceId).ends(runId));
  return new Set(
    objects.flatMap(({ name }) => {
      const of = parseObjectName(sourceId, name);
      return of?.is === 'end' ? [of.loadId] : [];
    }),
  );
}

/**
 * Writes how a load has ended. One that a person had tried again has another end; `loaded` stays,
 * as in history.
 */
export async function writeLoadEnd({ row, failure }: EndedLoad, bucket: Bucket): Promise<void> {
  const loadId = loadName(row.run_id, { schema: row.schema_name, table: row.table_name });
  const name = objectNames(row.source_id).end(row.run_id, loadId);
  const end: LoadEndObject = { version: 1, row, failure };
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await createObject(bucket, name, end)) return;
    const found = await readObject(bucket, name, loadEndObjectSchema);
    if (!found) continue;
    const isKept = found.value.row.status === 'loaded' && row.status !== 'loaded';
    const object = { name, bytes: jsonBytes(end), contentType: 'application/json' };
    if (isKept || found.bytes.equals(object.bytes)) return;
    if (await bucket.replace({ ...object, generation: found.generation })) return;
  }
  throw keptChanging(name, TRIES);
}
