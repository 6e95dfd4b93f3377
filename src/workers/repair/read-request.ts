import { objectNames, parseRun } from '../../pipeline/names/index.ts';
import {
  type RequestObject,
  requestObjectSchema,
  type TablesObject,
  tablesObjectSchema,
} from '../../pipeline/objects/index.ts';
import { type Bucket, readObject } from '../../pipeline/ports/index.ts';

/** What the bucket knows of a run's request, and its decisions where they are made. */
export interface KnownRequest {
  request: Omit<RequestObject, 'version'>;
  tables: TablesObject | null;
  /** What was asked for is not known: a person's run of an older version, before its decisions. */
  isLost: boolean;
}

/** By `request.json`, else by the decisions, else by the run's name. */
export async function readRequest(
  { sourceId, runId }: { sourceId: string; runId: string },
  bucket: Bucket,
): Promise<KnownRequest> {
  const names = objectNames(sourceId);
  const [asked, decided] = await Promise.all([
    readObject(bucket, names.request(runId), requestObjectSchema),
    readObject(bucket, names.tables(runId), tablesObjectSchema),
  ]);
  const tables = decided?.value ?? null;
  if (asked) {
    const { version: _, ...request } = asked.value;
    return { request, tables, isLost: false };
  }
  const run = parseRun(runId);
  const isManual = run?.trigger === 'manual';
  const only = tables && !tables.isWhole && isManual ? tables.tables : null;
  const request = {
    sourceId,
    runId,
    trigger: isManual ? ('manual' as const) : ('scheduled' as const),
    tables: only?.map(({ schema, table }) => ({ schema, table })) ?? null,
    isForced: only !== null,
    requestedAt: tables?.startedAt ?? run?.at.toISOString() ?? new Date(0).toISOString(),
  };
  return { request, tables, isLost: isManual && tables === null };
}
