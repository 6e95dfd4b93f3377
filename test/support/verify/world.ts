import { createSourceQueries } from '../../../src/adapters/mysql/source-queries.ts';
import type { LoadDeps, LoadOutcome } from '../../../src/pipeline/load/load-deps.ts';
import { runLoad } from '../../../src/pipeline/load/run-load.ts';
import type { VerifySettings } from '../../../src/pipeline/mapping/verify-settings.ts';
import { viewTable } from '../../../src/pipeline/mapping/view-table.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import { type TableRef, tableLabel } from '../../../src/pipeline/names/table-ref.ts';
import { type LoadObject, loadObjectSchema } from '../../../src/pipeline/objects/load.ts';
import type { DecidedTable } from '../../../src/pipeline/objects/run.ts';
import type { PublishRequest } from '../../../src/pipeline/ports/destination.ts';
import { readObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { SourceQueries } from '../../../src/pipeline/ports/source-queries.ts';
import { decideRun } from '../../../src/pipeline/run/decide-run.ts';
import { selectQuery } from '../../../src/pipeline/source/questions/rows.ts';
import { sessionStatements } from '../../../src/pipeline/source/session.ts';
import { verifyTables } from '../../../src/pipeline/verify/verify.ts';
import { createMemoryBucket } from '../fakes/memory-bucket.ts';
import { createMemoryDestination, type MemoryDestination } from '../fakes/memory-destination.ts';
import { createMemoryHistory } from '../fakes/memory-history.ts';
import { FRESH } from '../load-set-up.ts';
import type { ServerAddress } from '../private-server.ts';
import { createReaderEngine, type ReadHooks, readLines } from './reader-engine.ts';

const SOURCE_ID = 'world';
const LOADS_AT_ONCE = 8;
const DAY_MS = 86_400_000;

/** `schema.table` → `decision reason`, as people read it. */
export type Decisions = Record<string, string>;

/**
 * An installation around a real server: the pipeline's own verify and load, with bucket, history
 * and BigQuery in memory (the fakes pass the ports' contract suites), and a reader in the place of
 * Spark.
 */
export interface World {
  /**
   * One run: decides, then loads what is to be loaded. `betweenDecideAndLoad` is the time in which
   * a worker may die.
   */
  night(options?: NightOptions): Promise<Decisions>;
  /** The decisions of now; nothing is loaded. */
  plan(now?: Date): Promise<Decisions>;
  /**
   * Every table whose destination does not hold the source's rows, of those given:
   * `schema.table: …`.
   */
  differences(tables?: readonly string[]): Promise<string[]>;
  destination: MemoryDestination;
  /** Ends of loads that were no success, since the last night began. */
  failures: string[];
}

export interface NightOptions extends ReadHooks {
  betweenDecideAndLoad?(): Promise<void>;
  /** The worker's clock. */
  now?: Date;
}

export interface WorldInput {
  server: ServerAddress;
  schemas: readonly string[];
  /** SETTLE_SECONDS; 1 unless given. */
  settleSeconds?: number;
  /** Tables that rules name; none unless given. */
  places?: readonly string[];
  /** Wraps the source, to ask it something else as well. */
  wrapSource?(sourceQueries: SourceQueries): SourceQueries;
}

/** Opens one; there is nothing to close. */
export function openWorld(input: WorldInput): World {
  const parts = makeParts(input);
  const { ports, destination, settings } = parts;
  const world: World = {
    destination,
    failures: [],
    plan: async (now = new Date()) => {
      const pauses = { version: 1 as const, all: null, tables: [] };
      const { tables } = await verifyTables(
        { runId: 'plan', only: null, isForced: false, loadingElsewhere: new Set(), pauses, now },
        settings,
        ports,
      );
      return toDecisions(tables.map(({ decided }) => decided));
    },
    night: async (options = {}) => {
      const { tables, outcomes } = await runNight(parts, options);
      world.failures = outcomes.flatMap((end) =>
        end.outcome === 'loaded'
          ? []
          : [`${end.outcome}${'error' in end ? `: ${end.error.code}: ${end.error.message}` : ''}`],
      );
      return toDecisions(tables);
    },
    differences: (tables) => findDifferences(parts, tables),
  };
  return world;
}

type Parts = ReturnType<typeof makeParts>;

function makeParts({ server, schemas, settleSeconds = 1, places = [], wrapSource }: WorldInput) {
  const address = {
    host: '127.0.0.1',
    port: server.port,
    user: server.reader.user,
    tls: { mode: 'disabled' as const },
  };
  const bucket = createMemoryBucket();
  const linesOf = ({ uris }: Pick<PublishRequest, 'uris'>) =>
    uris.flatMap((uri) => linesIn(bucket.objects.get(uri.replace('gs://bucket/', ''))?.bytes));
  const destination = createMemoryDestination(
    (request) => linesOf(request).length,
    () => new Date(),
  );
  const plain = createSourceQueries({ address, password: async () => server.reader.password });
  const sourceQueries = wrapSource?.(plain) ?? plain;
  const settings: VerifySettings = {
    sourceId: SOURCE_ID,
    schemas,
    datasetTemplate: '{schema}',
    settleSeconds,
    maxStalenessMs: 7 * DAY_MS,
    compression: 'none',
    engine: 'dataproc',
    directMaxBytes: 0,
    rulesFor: () => ({}),
    exclusionRule: () => null,
    rulePlaces: places.map((name) => ({ where: `tables.${name}`, scope: { name }, columns: [] })),
    maskKey: null,
  };
  const ports = { sourceQueries, history: createMemoryHistory(), destination, bucket };
  const password = { kind: 'env' as const, name: 'NONE' };
  return {
    server,
    bucket,
    destination,
    settings,
    ports,
    linesOf,
    address: { ...address, password },
    runs: 0,
  };
}

async function runNight(
  parts: Parts,
  options: NightOptions,
): Promise<{ tables: DecidedTable[]; outcomes: LoadOutcome[] }> {
  const { ports, settings, bucket } = parts;
  parts.runs += 1;
  const runId = `20260101T${String(parts.runs).padStart(6, '0')}Z`;
  const now = options.now ?? new Date();
  const { tables } = await decideRun(
    { runId, trigger: 'scheduled', tables: null, isForced: false, startedAt: now.toISOString() },
    settings,
    {
      ports,
      now: () => now,
      loadingElsewhere: async () => new Set(),
      isCancelled: async () => false,
      report: async () => undefined,
    },
  );
  await options.betweenDecideAndLoad?.();
  const names = tables.flatMap(({ loadId }) => (loadId ? [objectNames(SOURCE_ID).load(runId, loadId)] : []));
  const outcomes: LoadOutcome[] = [];
  const work = names.values();
  const worker = async () => {
    for (const name of work) {
      const found = await readObject(bucket, name, loadObjectSchema);
      if (found) outcomes.push(await loadOne(found.value, parts, options));
    }
  };
  await Promise.all(Array.from({ length: LOADS_AT_ONCE }, worker));
  return { tables, outcomes };
}

async function loadOne(load: LoadObject, parts: Parts, hooks: ReadHooks): Promise<LoadOutcome> {
  const { bucket, destination, ports, server, address } = parts;
  const engine = createReaderEngine({ server, bucket, sourceQueries: ports.sourceQueries, hooks });
  const deps: LoadDeps = {
    bucket,
    destination,
    engines: { dataproc: engine, direct: engine },
    address,
    maxAttempts: 1,
    now: () => new Date(),
    sleep: async () => undefined,
    random: Math.random,
  };
  const watch = { signal: new AbortController().signal, report: async () => undefined };
  const work = () => runLoad(load, FRESH, deps, watch);
  // What a worker leaves unfinished the next one picks up, once.
  const outcome = await work().catch(work);
  if (outcome.outcome !== 'later') await ports.history.merge([outcome.row]);
  return outcome;
}

/** Reads source and destination of each table through the columns of today. */
async function findDifferences(parts: Parts, wanted: readonly string[] | undefined): Promise<string[]> {
  const { ports, settings, server, destination, linesOf } = parts;
  const pauses = { version: 1 as const, all: null, tables: [] };
  const input = { runId: 'look', only: null, isForced: true, loadingElsewhere: new Set<string>(), pauses };
  const { tables, server: facts } = await verifyTables({ ...input, now: new Date() }, settings, ports);
  const compare = async ({ sourceTable }: (typeof tables)[number]) => {
    const { columns } = viewTable(sourceTable, settings, facts);
    const ref: TableRef = sourceTable;
    const published = destination.published.findLast(
      (request) => request.destination.dataset === ref.schema && request.destination.table === ref.table,
    );
    const there = published ? linesOf(published).sort() : null;
    const here = await readLines(
      server,
      sessionStatements(),
      selectQuery(ref, columns, { fingerprintOf: null }),
    );
    const isEqual = there !== null && JSON.stringify(there) === JSON.stringify(here);
    return isEqual ? [] : [`${tableLabel(ref)}: ${here.length} rows here, ${there?.length ?? 'none'} there`];
  };
  const found: string[] = [];
  for (const table of tables)
    if (!wanted || wanted.includes(tableLabel(table.sourceTable))) found.push(...(await compare(table)));
  return found;
}

function toDecisions(tables: readonly DecidedTable[]): Decisions {
  return Object.fromEntries(tables.map((table) => [tableLabel(table), `${table.decision} ${table.reason}`]));
}

function linesIn(bytes: Buffer | undefined): string[] {
  return bytes ? bytes.toString('utf8').split('\n').slice(0, -1) : [];
}
