import { LoadError, reached } from '../errors/index.ts';
import { type VerifySettings, viewTable } from '../mapping/index.ts';
import { asArgument, objectNames, type TableRef, tableKey, tableLabel } from '../names/index.ts';
import {
  type AcknowledgedObject,
  type DecidedTable,
  type LoadObject,
  loadObjectSchema,
  type TablesObject,
  tablesObjectSchema,
} from '../objects/index.ts';
import {
  type Bucket,
  createObject,
  type Destination,
  type History,
  jsonBytes,
  readObject,
  type SourceQueries,
} from '../ports/index.ts';
import { askEach, bounds, type KeyBounds, sessionStatements } from '../source/index.ts';
import {
  changeAcknowledged,
  decidedGone,
  readAcknowledged,
  readPauses,
  takeBack,
  unacknowledged,
  type Verified,
  type VerifiedTable,
  verifyTables,
} from '../verify/index.ts';
import { knownLoads } from './known-loads.ts';
import { makeLoadObject, splitColumn } from './make-load-object.ts';
import { namedCaptures } from './named-captures.ts';
import type { RunDecisions, RunRequest } from './run-decisions.ts';

const WRITES_AT_ONCE = 64;
/** Loads between two lines of progress: a few seconds' worth. */
const TOLD_EVERY = 1_000;

export interface DecidePorts {
  sourceQueries: SourceQueries;
  history: History;
  destination: Destination;
  bucket: Bucket;
}

export interface DecideContext {
  ports: DecidePorts;
  now(): Date;
  loadingElsewhere(): Promise<ReadonlySet<string>>;
  /** Whether a person has cancelled the run. */
  isCancelled(): Promise<boolean>;
  report(message: string): Promise<void>;
  /** Ends the waiting for a source that is asked by a Dataproc job. */
  signal?: AbortSignal;
}

/**
 * The decisions of a run: read where `tables.json` is there already, else made, with one
 * `LOAD.json` a table to load before the list itself, so that every load of the list has its
 * object.
 */
export async function decideRun(
  request: RunRequest,
  settings: VerifySettings,
  context: DecideContext,
): Promise<TablesObject> {
  const { bucket } = context.ports;
  const name = objectNames(settings.sourceId).tables(request.runId);
  const existing = await readObject(bucket, name, tablesObjectSchema);
  if (existing) return checkOwn(existing.value, name, settings);
  if (await context.isCancelled()) throw cancelled(request);
  const asked = { ...request, decidedAt: context.now() };
  const decisions =
    (await knownLoads(asked, settings, bucket)) ?? (await verifyRun(asked, settings, context));
  await writeLoads(decisions, context);
  reached('F4');
  context.signal?.throwIfAborted();
  const tables = toTablesObject(asked, decisions, settings);
  if (await createObject(bucket, name, tables)) return tables;
  const first = await readObject(bucket, name, tablesObjectSchema);
  if (!first) throw new LoadError('STAGE_UNAVAILABLE', `${name} exists and cannot be read.`);
  return first.value;
}

function cancelled({ runId, tables }: RunRequest): LoadError {
  const again = tables ? `enqueue -- ${tables.map(asArgument).join(' ')}` : 'run';
  return new LoadError('CANCELLED', `Run ${runId} was cancelled.`, {
    hint: `Start it again: npm run ${again}`,
  });
}

/**
 * A list that was copied from another run, or another installation, would load under its names.
 * Throws `OBJECT_INVALID`.
 */
function checkOwn(tables: TablesObject, name: string, { sourceId }: VerifySettings): TablesObject {
  if (objectNames(sourceId).tables(tables.runId) === name && tables.sourceId === sourceId) return tables;
  throw new LoadError('OBJECT_INVALID', `${name} is that of run ${tables.runId} of ${tables.sourceId}.`);
}

type Asked = RunRequest & { decidedAt: Date };

/** Decisions by comparing with the source. */
async function verifyRun(
  request: Asked,
  settings: VerifySettings,
  context: DecideContext,
): Promise<RunDecisions> {
  const { runId, trigger, tables: only, isForced, decidedAt } = request;
  const { report, signal } = context;
  await report('comparing tables with their last load');
  const sourceQueries = namedCaptures(context.ports.sourceQueries, { runId, report, signal });
  const ports = { ...context.ports, sourceQueries };
  const loadingElsewhere = trigger === 'manual' ? new Set<string>() : await context.loadingElsewhere();
  const pauses = await readPauses(ports.bucket, settings.sourceId);
  const input = { runId, only, isForced, loadingElsewhere, pauses, now: decidedAt };
  const verified = await verifyTables(input, settings, ports);
  const gone = unacknowledged(verified.gone, await stillAcknowledged(verified, settings, ports.bucket));
  const { identity, bootEpoch, version, flavour, dictionary } = verified.server;
  return {
    server: { identity, bootEpoch, version, flavour, dictionary },
    tables: [
      ...verified.tables.map(({ decided }) => decided),
      ...gone.map((table) => decidedGone(table, settings.datasetTemplate)),
    ],
    loads: await loadObjects(request, verified, { settings, sourceQueries }),
  };
}

/**
 * What people have acknowledged. A table that is listed again is taken off: should it go once more,
 * they are told.
 */
async function stillAcknowledged(
  { listed }: Verified,
  { sourceId }: VerifySettings,
  bucket: Bucket,
): Promise<AcknowledgedObject> {
  const known = await readAcknowledged(bucket, sourceId);
  const keys = new Set(listed.map(tableKey));
  const back = known.tables.filter((table) => keys.has(tableKey(table)));
  if (back.length === 0) return known;
  return changeAcknowledged(bucket, sourceId, (before) => takeBack(before, back));
}

function toTablesObject(
  request: Asked,
  { server, tables }: RunDecisions,
  { sourceId }: VerifySettings,
): TablesObject {
  const { runId, trigger, startedAt, decidedAt } = request;
  return {
    version: 1,
    sourceId,
    runId,
    trigger,
    startedAt,
    decidedAt: decidedAt.toISOString(),
    server,
    isWhole: request.tables === null,
    tables,
  };
}

async function loadObjects(
  { runId, trigger, decidedAt }: Asked,
  { server, tables }: Verified,
  { settings, sourceQueries }: { settings: VerifySettings; sourceQueries: SourceQueries },
): Promise<Iterable<LoadObject>> {
  const toLoad = tables.filter(({ decided: { loadId } }) => loadId !== null);
  const view = ({ sourceTable: table, refusal }: VerifiedTable) =>
    viewTable(table, settings, { flavour: server.flavour, refusal });
  const splits = toLoad
    .filter((table) => settings.rulesFor(table.sourceTable).partitions !== undefined)
    .flatMap((table) => {
      const column = splitColumn(table.sourceTable, view(table), settings.rulesFor(table.sourceTable));
      return column === null ? [] : [{ table: table.sourceTable, column }];
    });
  const ranges = await readBounds(splits, sourceQueries);
  const make = (table: VerifiedTable) =>
    makeLoadObject({
      sourceTable: table.sourceTable,
      view: view(table),
      runId,
      loadId: table.decided.loadId ?? '',
      trigger,
      reason: table.decided.reason,
      settings,
      bounds: ranges.get(tableKey(table.sourceTable)) ?? null,
      decidedAt: decidedAt.toISOString(),
    });
  return toLoad.values().map(make);
}

async function writeLoads({ tables, loads }: RunDecisions, context: DecideContext): Promise<void> {
  const count = checkLoadNames(tables);
  let written = 0;
  // Several writers take from one iterator, so that there are never more objects than writers.
  const next = loads[Symbol.iterator]();
  const write = async () => {
    for (let step = next.next(); !step.done; step = next.next()) {
      context.signal?.throwIfAborted();
      await writeLoad(loadObjectSchema.parse(step.value), context.ports.bucket);
      written += 1;
      if (written % TOLD_EVERY === 0) await context.report(`${written} of ${count} loads written`);
    }
  };
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write));
}

/**
 * Writes a `LOAD.json`, also in place of what an earlier verify of the run has left: the rules may
 * have changed since. Only as long as there is no `tables.json`; should another worker write that
 * meanwhile, the load finds out by `decidedAt`.
 */
async function writeLoad(load: LoadObject, bucket: Bucket): Promise<void> {
  const names = objectNames(load.sourceId);
  const object = {
    name: names.load(load.runId, load.loadId),
    bytes: jsonBytes(load),
    contentType: 'application/json',
  };
  while (!(await bucket.create(object))) {
    const found = await bucket.read(object.name);
    if (found?.bytes.equals(object.bytes) || (await bucket.exists(names.tables(load.runId)))) return;
    if (found && (await bucket.replace({ ...object, generation: found.generation }))) return;
  }
}

/**
 * How many loads there are. Two tables of one LOAD would be one job: the hash makes that all but
 * impossible, and fatal if it happened.
 */
function checkLoadNames(tables: readonly DecidedTable[]): number {
  const seen = new Map<string, TableRef>();
  for (const table of tables) {
    if (table.loadId === null) continue;
    const other = seen.get(table.loadId);
    if (other)
      throw new LoadError(
        'DESTINATION_COLLISION',
        `${tableLabel(other)} and ${tableLabel(table)} have one load name.`,
      );
    seen.set(table.loadId, table);
  }
  return seen.size;
}

/** Key ranges of the tables that are read by several connections, in one capture. */
async function readBounds(
  wanted: readonly { table: TableRef; column: string }[],
  sourceQueries: SourceQueries,
): Promise<Map<string, KeyBounds>> {
  if (wanted.length === 0) return new Map();
  const asked = askEach(bounds, wanted);
  const answers = asked.read(
    await sourceQueries.capture({ session: sessionStatements(), queries: asked.queries }),
  );
  return new Map(
    wanted.map(({ table, column }, index) => {
      const { low, high } = answers[index]?.answer ?? { low: null, high: null };
      return [tableKey(table), { column, low, high }];
    }),
  );
}
