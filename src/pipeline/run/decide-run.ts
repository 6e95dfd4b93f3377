import { createObject, readObject } from '../json-objects.ts';
import { LoadError } from '../load-error.ts';
import { objectNames } from '../names.ts';
import { loadObjectSchema, type Trigger } from '../objects/load.ts';
import { type TablesObject, tablesObjectSchema } from '../objects/run.ts';
import { readPauses } from '../pauses.ts';
import type { Destination } from '../ports/destination.ts';
import type { History } from '../ports/history.ts';
import type { SourceQueries } from '../ports/source-queries.ts';
import type { Stage } from '../ports/stage.ts';
import { sessionStatements } from '../source-sql/capture-queries.ts';
import { boundsQuery, type KeyBounds } from '../source-sql/table-queries.ts';
import { type TableRef, tableKey, tableLabel } from '../table-ref.ts';
import { type Verified, type VerifiedTable, type VerifySettings, verifyTables } from '../verify.ts';
import { makeLoadObject, splitColumn } from './make-load-object.ts';

const WRITES_AT_ONCE = 32;

export interface RunRequest {
  run: string;
  trigger: Trigger;
  tables: readonly TableRef[] | null;
  isForced: boolean;
  startedAt: string;
}

export interface DecidePorts {
  source: SourceQueries;
  history: History;
  destination: Destination;
  stage: Stage;
}

/**
 * The decisions of a run: read where `tables.json` is there already, else made, with one `LOAD.json` a table to load
 * before the list itself, so that every load of the list has its object.
 */
export async function decideRun(
  request: RunRequest,
  settings: VerifySettings,
  context: {
    ports: DecidePorts;
    now(): Date;
    loadingElsewhere(): Promise<ReadonlySet<string>>;
    /** Whether a person has cancelled the run. */
    isCancelled(): Promise<boolean>;
    report(message: string): Promise<void>;
  },
): Promise<TablesObject> {
  const { stage } = context.ports;
  const name = objectNames(settings.sourceId).tables(request.run);
  const existing = await readObject(stage, name, tablesObjectSchema);
  if (existing) return existing.value;
  if (await context.isCancelled()) throw new LoadError('CANCELLED', `Run ${request.run} was cancelled.`);
  await context.report('comparing tables with their last load');
  const now = context.now();
  const loadingElsewhere =
    request.trigger === 'manual' ? new Set<string>() : await context.loadingElsewhere();
  const verified = await verifyTables(
    {
      run: request.run,
      only: request.tables,
      isForced: request.isForced,
      loadingElsewhere,
      pauses: await readPauses(stage, settings.sourceId),
      now,
    },
    settings,
    context.ports,
  );
  await writeLoads({ request, settings, verified, decidedAt: now }, context.ports);
  const tables = toTablesObject({ request, settings, verified, decidedAt: now });
  if (await createObject(stage, name, tables)) return tables;
  const first = await readObject(stage, name, tablesObjectSchema);
  if (!first) throw new LoadError('STAGE_UNAVAILABLE', `${name} exists and cannot be read.`);
  return first.value;
}

interface Decided {
  request: RunRequest;
  settings: VerifySettings;
  verified: Verified;
  decidedAt: Date;
}

function toTablesObject({ request, settings, verified, decidedAt }: Decided): TablesObject {
  const { identity, bootEpoch, version, dictionary } = verified.server;
  return {
    version: 1,
    sourceId: settings.sourceId,
    run: request.run,
    trigger: request.trigger,
    startedAt: request.startedAt,
    decidedAt: decidedAt.toISOString(),
    server: { identity, bootEpoch, version, dictionary },
    tables: verified.tables.map(({ decided }) => decided),
  };
}

async function writeLoads(decided: Decided, ports: DecidePorts): Promise<void> {
  const { verified, settings, request } = decided;
  const toLoad = verified.tables.filter(({ decided: { load } }) => load !== null);
  checkLoadNames(toLoad);
  const bounds = await readBounds(toLoad, settings, ports.source);
  const objects = toLoad.map((table) =>
    makeLoadObject({
      verified: table,
      run: request.run,
      load: table.decided.load ?? '',
      trigger: request.trigger,
      reason: table.decided.reason,
      destination: table.decided.destination,
      settings,
      bounds: bounds.get(tableKey(table.source)) ?? null,
      decidedAt: decided.decidedAt.toISOString(),
    }),
  );
  const names = objectNames(settings.sourceId);
  for (let start = 0; start < objects.length; start += WRITES_AT_ONCE) {
    const part = objects.slice(start, start + WRITES_AT_ONCE).map((load) => loadObjectSchema.parse(load));
    await Promise.all(
      part.map((load) => createObject(ports.stage, names.load(request.run, load.load), load)),
    );
  }
}

/** Two tables of one LOAD would be one job: the hash makes that all but impossible, and fatal if it happened. */
function checkLoadNames(tables: readonly VerifiedTable[]): void {
  const seen = new Map<string, TableRef>();
  for (const { decided } of tables) {
    const other = seen.get(decided.load ?? '');
    if (other)
      throw new LoadError(
        'DESTINATION_COLLISION',
        `${tableLabel(other)} and ${tableLabel(decided)} have one load name.`,
      );
    seen.set(decided.load ?? '', decided);
  }
}

/** Key ranges of the tables that are read by several connections, in one capture. */
async function readBounds(
  tables: readonly VerifiedTable[],
  settings: VerifySettings,
  source: SourceQueries,
): Promise<Map<string, KeyBounds>> {
  const wanted = tables.flatMap((table) => {
    const column = splitColumn(table, settings.rulesFor(table.source));
    return column === null ? [] : [{ table: table.source, column }];
  });
  if (wanted.length === 0) return new Map();
  const queries = wanted.map(({ table, column }, index) => ({
    name: `bounds_${alphabetic(index)}`,
    sql: boundsQuery(table, column),
    isOptional: false,
    delayMs: 0,
  }));
  const capture = await source.capture({ session: sessionStatements(), queries });
  return new Map(
    wanted.map(({ table, column }, index) => {
      const answer = capture[`bounds_${alphabetic(index)}`];
      const row = answer && 'rows' in answer ? answer.rows[0] : undefined;
      return [tableKey(table), { column, low: row?.['low'] ?? null, high: row?.['high'] ?? null }];
    }),
  );
}

/** Query names are letters and underscores only. */
function alphabetic(index: number): string {
  return [...String(index)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
}
