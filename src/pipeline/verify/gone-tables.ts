import { destinationOf, type VerifySettings } from '../mapping/index.ts';
import { asArgument, objectNames, plural, type TableRef, tableKey, tableLabel } from '../names/index.ts';
import { type AcknowledgedObject, acknowledgedObjectSchema, type DecidedTable } from '../objects/index.ts';
import { type Bucket, changeObject, type EverLoaded, readObject } from '../ports/index.ts';

/** As many as people read; the rest is counted. */
const TOLD = 10;
const NOTHING_ACKNOWLEDGED: AcknowledgedObject = { version: 1, tables: [] };

/**
 * Tables that were loaded and are not listed any more. The server does not tell whether such a
 * table was dropped, renamed, or hidden from this user. What a rule excludes, and a schema that is
 * no longer in MYSQL_SCHEMAS, was taken out on purpose. Pure.
 */
export function goneTables(
  ever: readonly EverLoaded[],
  listed: readonly TableRef[],
  settings: Pick<VerifySettings, 'schemas' | 'exclusionRule'>,
): EverLoaded[] {
  const keys = new Set(listed.map(tableKey));
  const schemas = new Set(settings.schemas.map((schema) => schema.toLowerCase()));
  return ever
    .filter((table) => !keys.has(tableKey(table)))
    .filter((table) => schemas.has(table.schema.toLowerCase()) && settings.exclusionRule(table) === null)
    .sort((a, b) => tableLabel(a).localeCompare(tableLabel(b)));
}

/** Those that nobody has acknowledged. */
export function unacknowledged<T extends TableRef>(gone: readonly T[], { tables }: AcknowledgedObject): T[] {
  const known = new Set(tables.map(tableKey));
  return gone.filter((table) => !known.has(tableKey(table)));
}

/** As a run decides it: a skip, with a row in history. */
export function decidedGone(
  { schema, table, publishedAt }: EverLoaded,
  datasetTemplate: string,
): DecidedTable {
  return {
    schema,
    table,
    decision: 'skip',
    reason: 'gone_from_listing',
    loadId: null,
    destination: destinationOf({ schema, table }, datasetTemplate),
    storageEngine: '',
    rowsEstimate: null,
    bytesEstimate: null,
    engine: null,
    engineReason: null,
    lastPublishedAt: publishedAt,
    note: null,
    signature: null,
  };
}

/** What people are told where tables have gone; nothing where none has. */
export function goneLines(gone: readonly TableRef[]): string[] {
  if (gone.length === 0) return [];
  const told = gone.slice(0, TOLD);
  const more = gone.length > told.length ? ` and ${gone.length - told.length} more` : '';
  const are = gone.length === 1 ? 'is' : 'are';
  return [
    `${plural(gone.length, 'table')} ${are} gone from the listing: ${told.map(tableLabel).join(', ')}${more}: dropped, renamed, or hidden from MYSQL_USER: check the grants. What is in BigQuery stays as it was last loaded.`,
    `Where that is as it should be: npm run acknowledge -- ${more ? '--all' : told.map(asArgument).join(' ')}`,
  ];
}

/** Whether a decided table is none of the source's any more. */
export function isGone({ reason }: Pick<DecidedTable, 'reason'>): boolean {
  return reason === 'gone_from_listing';
}

/** What people have acknowledged: it lies in the bucket, as pauses do. */
export async function readAcknowledged(bucket: Bucket, sourceId: string): Promise<AcknowledgedObject> {
  const name = objectNames(sourceId).acknowledged;
  return (await readObject(bucket, name, acknowledgedObjectSchema))?.value ?? NOTHING_ACKNOWLEDGED;
}

/** Acknowledges tables; what is so already keeps its time. */
export function acknowledge(
  before: AcknowledgedObject,
  tables: readonly TableRef[],
  now: Date,
): AcknowledgedObject {
  const known = new Set(before.tables.map(tableKey));
  const added = tables.filter((table) => !known.has(tableKey(table)));
  const since = now.toISOString();
  return {
    ...before,
    tables: [...before.tables, ...added.map(({ schema, table }) => ({ schema, table, since }))],
  };
}

/** Takes acknowledgements back. */
export function takeBack(before: AcknowledgedObject, tables: readonly TableRef[]): AcknowledgedObject {
  const keys = new Set(tables.map(tableKey));
  return { ...before, tables: before.tables.filter((table) => !keys.has(tableKey(table))) };
}

/** Changes what is acknowledged, against its generation. */
export function changeAcknowledged(
  bucket: Bucket,
  sourceId: string,
  change: (before: AcknowledgedObject) => AcknowledgedObject,
): Promise<AcknowledgedObject> {
  const name = objectNames(sourceId).acknowledged;
  return changeObject(
    bucket,
    { name, schema: acknowledgedObjectSchema, empty: NOTHING_ACKNOWLEDGED },
    change,
  );
}
