import type { ErrorCode } from '../errors/index.ts';
import { findReadable, newestRuns, newestWholeTables } from '../load/index.ts';
import {
  destinationOf,
  findCollisions,
  type PlacedTable,
  refuseExcluded,
  type VerifySettings,
  viewTable,
} from '../mapping/index.ts';
import { loadName, type TableRef, tableKey } from '../names/index.ts';
import type { DecidedTable, LoadObject, Refusal, TablesObject } from '../objects/index.ts';
import { type Bucket, parts } from '../ports/index.ts';
import { makeLoadObject, splitColumn } from './make-load-object.ts';
import type { RunDecisions, RunRequest } from './run-decisions.ts';

const RUNS_AT_ONCE = 16;
const UNTOLD: ReadonlySet<ErrorCode> = new Set(['SOURCE_BUSY', 'SOURCE_COLUMNS_HIDDEN']);

/**
 * The decisions of a run that was asked for tables by their names, made without asking the source,
 * where that would cost a Dataproc job: columns and keys come from the newest LOAD.json of each
 * table, everything that configuration says is made anew. The signature of such a load is the
 * engine's own. A table that was altered since is found out by its load, as between verify and
 * load. Null where some table has no LOAD.json, or the run was not asked for tables: then the
 * source is asked.
 */
export async function knownLoads(
  request: RunRequest & { decidedAt: Date },
  settings: VerifySettings,
  bucket: Bucket,
): Promise<RunDecisions | null> {
  if (settings.runner !== 'dataproc' || !request.tables || !request.isForced) return null;
  for (const table of request.tables) refuseExcluded(table, settings);
  const runs = await newestRuns(bucket, settings.sourceId);
  const whole = await newestWholeTables(bucket, settings.sourceId, runs);
  if (!whole) return null;
  const found: LoadObject[] = [];
  for (const table of request.tables) {
    const load = await newestLoad(table, { runs, settings, bucket });
    if (!load) return null;
    found.push(load);
  }
  const collisions = collisionsAmong(whole, request.tables, settings);
  const made = found.map((last) => remake(last, { request, settings, whole, collisions }));
  return {
    server: whole.server,
    tables: made.map(({ decided }) => decided),
    loads: made.map(({ load }) => load),
  };
}

/** The newest LOAD.json of a table, in its newest shape. */
async function newestLoad(
  table: TableRef,
  { runs, settings, bucket }: { runs: readonly string[]; settings: VerifySettings; bucket: Bucket },
): Promise<LoadObject | null> {
  for (const part of parts(runs, RUNS_AT_ONCE)) {
    const loads = await Promise.all(part.map((runId) => readable(table, runId, { settings, bucket })));
    const newest = loads.find((load) => load !== null);
    if (newest) return newest;
  }
  return null;
}

/** What another version wrote is of no use, and no error: the source can be asked instead. */
async function readable(
  table: TableRef,
  runId: string,
  { settings, bucket }: { settings: VerifySettings; bucket: Bucket },
): Promise<LoadObject | null> {
  const newest = {
    sourceId: settings.sourceId,
    runId,
    loadId: loadName(runId, table),
    nextAttempt: Infinity,
  };
  // Of a table that was locked at the time, or not shown whole, the columns are not known.
  const withColumns = (load: LoadObject | null) =>
    load?.refusal && UNTOLD.has(load.refusal.code) ? null : load;
  return withColumns(await findReadable(newest, bucket));
}

function collisionsAmong(
  whole: TablesObject,
  asked: readonly TableRef[],
  settings: VerifySettings,
): Map<string, Refusal> {
  const tables = new Map([...whole.tables, ...asked].map((table) => [tableKey(table), table]));
  const included = [...tables.values()].filter((table) => settings.exclusionRule(table) === null);
  return findCollisions(
    included.map(({ schema, table }) => ({
      schema,
      table,
      destination: destinationOf({ schema, table }, settings.datasetTemplate),
    })),
  );
}

function remake(
  last: LoadObject,
  known: {
    request: RunRequest & { decidedAt: Date };
    settings: VerifySettings;
    whole: TablesObject;
    collisions: ReadonlyMap<string, Refusal>;
  },
): { decided: DecidedTable; load: LoadObject } {
  const { request, settings, whole } = known;
  const sourceTable = sourceOf(last, settings);
  const view = viewTable(sourceTable, settings, {
    flavour: whole.server.flavour,
    refusal: known.collisions.get(tableKey(last.table)) ?? null,
  });
  const loadId = loadName(request.runId, last.table);
  const made = makeLoadObject({
    sourceTable,
    view,
    runId: request.runId,
    loadId,
    trigger: request.trigger,
    reason: 'forced',
    settings,
    bounds: null,
    asksServer: true,
    decidedAt: request.decidedAt.toISOString(),
  });
  const { storageEngine, rowsEstimate, bytesEstimate } = last;
  return {
    decided: {
      ...last.table,
      decision: 'load',
      reason: 'forced',
      loadId,
      destination: sourceTable.destination,
      storageEngine,
      rowsEstimate,
      bytesEstimate,
      ...view.choice,
      lastPublishedAt: null,
      note: `Columns as run ${last.runId} saw them; the source was not asked before the load.`,
      signature: null,
    },
    load: {
      ...made,
      // Open at both ends, so that they hold every row whatever the key's range is by now; but a
      // key that is masked now stands nowhere.
      predicates: splitColumn(sourceTable, view, settings.rulesFor(last.table)) ? last.predicates : [],
      maxRowsPerObject: last.maxRowsPerObject,
    },
  };
}

function sourceOf(last: LoadObject, { datasetTemplate }: VerifySettings): PlacedTable {
  const { config: _, ...signature } = last.signature;
  return {
    ...last.table,
    destination: destinationOf(last.table, datasetTemplate),
    storageEngine: last.storageEngine,
    rowsEstimate: last.rowsEstimate,
    bytesEstimate: last.bytesEstimate,
    avgRowLength: null,
    comment: last.tableOptions.description,
    columns: last.sourceColumns,
    primaryKey: last.primaryKey,
    isLocked: false,
    signature,
  };
}
