import { LoadError } from '../errors/index.ts';
import {
  checkRulesMatch,
  destinationOf,
  findCollisions,
  type PlacedTable,
  refuseExcluded,
  type VerifySettings,
  viewTable,
} from '../mapping/index.ts';
import { type TableRef, tableKey, tableLabel } from '../names/index.ts';
import type { Capture, EngineChoice, Refusal } from '../objects/index.ts';
import type { Destination, EverLoaded, History, LastPublished, SourceQueries } from '../ports/index.ts';
import {
  answerOf,
  captureQueries,
  hiddenColumns,
  lockedRefusal,
  readServer,
  readTables,
  refuseHalfAnswers,
  type ServerFacts,
  type SourceTable,
  schemas,
  sessionStatements,
  takeChecksums,
} from '../source/index.ts';
import {
  type DestinationsByDataset,
  decideTable,
  seeTable,
  type VerifiedTable,
  type VerifyInput,
} from './decide-table.ts';
import { UNKNOWN_REASONS } from './decision.ts';
import { goneTables } from './gone-tables.ts';

const DAY_MS = 86_400_000;

export interface Verified {
  server: ServerFacts;
  tables: VerifiedTable[];
  /** Every table that the source lists. */
  listed: TableRef[];
  /**
   * Tables that were loaded and are not listed any more; empty where tables were asked for by name.
   */
  gone: EverLoaded[];
}

/**
 * Compares every table with its last published signature and its destination. `run`, `plan` and
 * `why` all call this.
 */
export async function verifyTables(
  input: VerifyInput,
  settings: VerifySettings,
  ports: { sourceQueries: SourceQueries; history: History; destination: Destination },
): Promise<Verified> {
  const { server, all, untold } = await readSource(settings, ports.sourceQueries);
  const withDestinations = all.map((sourceTable) => ({
    ...sourceTable,
    destination: destinationOf(sourceTable, settings.datasetTemplate),
  }));
  const collisions = findCollisions(
    withDestinations.filter((source) => settings.exclusionRule(source) === null),
  );
  const since = new Date(input.now.getTime() - settings.maxStalenessMs - DAY_MS);
  const [last, ever, destinations] = await Promise.all([
    lastByTable(ports.history, settings.sourceId, since),
    input.only ? [] : ports.history.everLoaded({ sourceId: settings.sourceId }),
    describeDatasets(
      ports.destination,
      new Set(withDestinations.map(({ destination }) => destination.dataset)),
    ),
  ]);
  const known = { input, settings, last, destinations, server, collisions, untold };
  const wanted = selected(withDestinations, { ...input, foldsCase: server.foldsCase }, settings);
  const first = wanted.map((sourceTable) => decideTable(seeTable(sourceTable, known), known, null));
  const checksums = await takeChecksums(
    first.filter(isWorthAChecksum).map(({ sourceTable }) => ({
      table: sourceTable,
      columns: viewTable(sourceTable, settings, server).columns,
    })),
    { queries: ports.sourceQueries, identity: server.identity },
  );
  return {
    server,
    listed: all,
    gone: goneTables(ever, all, settings),
    tables: first.map((table) => {
      const found = checksums.get(tableKey(table.sourceTable));
      if (found === undefined) return table;
      return decideTable(table, known, found !== null && found === table.lastSignature?.fingerprint);
    }),
  };
}

/**
 * The server and its tables; the rows they were made from are let go of before anything else
 * happens.
 */
async function readSource(
  settings: VerifySettings,
  sourceQueries: SourceQueries,
): Promise<{ server: ServerFacts; all: SourceTable[]; untold: ReadonlyMap<string, Refusal> }> {
  const capture = await sourceQueries.capture({
    session: sessionStatements(),
    queries: captureQueries({ schemas: settings.schemas }),
  });
  checkSchemas(capture, settings.schemas);
  const server = readServer(capture);
  const all = readTables(capture, server, settings.settleSeconds);
  refuseHalfAnswers(capture, all);
  const locked = all
    .filter(({ isLocked }) => isLocked)
    .map((table) => [tableKey(table), lockedRefusal(capture, table)] as const);
  const untold = new Map([...(await hiddenColumns(capture, all, sourceQueries)), ...locked]);
  const known = all.map((table) => (untold.has(tableKey(table)) ? { ...table, columns: [] } : table));
  checkRulesMatch(settings.rulePlaces, known, { schemas: settings.schemas, foldsCase: server.foldsCase });
  return { server, all, untold };
}

/**
 * What a run would refuse, whatever has changed; asks the source alone. Throws `RULE_UNMATCHED`, as
 * a run does, and what asking throws.
 */
export async function refusedTables(
  settings: VerifySettings,
  sourceQueries: SourceQueries,
): Promise<{
  listed: TableRef[];
  looked: number;
  refused: (TableRef & { refusal: Refusal })[];
  /** Who would read those that are not refused. */
  choices: EngineChoice[];
}> {
  const { server, all, untold } = await readSource(settings, sourceQueries);
  const wanted = all
    .filter((table) => settings.exclusionRule(table) === null && !table.isLocked)
    .map((table) => ({ ...table, destination: destinationOf(table, settings.datasetTemplate) }));
  const collisions = findCollisions(wanted);
  const seen = wanted.map((table) => seeTable(table, { settings, server, collisions, untold }));
  return {
    listed: all,
    looked: wanted.length,
    refused: seen.flatMap(({ sourceTable: { schema, table }, refusal }) =>
      refusal ? [{ schema, table, refusal }] : [],
    ),
    choices: seen.flatMap(({ refusal, choice }) => (refusal ? [] : [choice])),
  };
}

/**
 * A checksum reads the whole table: only where its state is unknown, somebody asked for it, and
 * there is one to compare with.
 */
function isWorthAChecksum({ decided, refusal, lastSignature, takesFingerprint }: VerifiedTable): boolean {
  return (
    decided.decision === 'load' &&
    UNKNOWN_REASONS.has(decided.reason) &&
    typeof lastSignature?.fingerprint === 'string' &&
    refusal === null &&
    takesFingerprint
  );
}

/**
 * A schema that is not there, or not visible, must not look like one without tables. Throws
 * `SOURCE_SCHEMA_MISSING`.
 */
export function checkSchemas(capture: Capture, wanted: readonly string[]): void {
  const present = new Set(answerOf(capture, schemas).map((schema) => schema.toLowerCase()));
  const missing = wanted.filter((schema) => !present.has(schema.toLowerCase()));
  if (missing.length > 0)
    throw new LoadError(
      'SOURCE_SCHEMA_MISSING',
      `MYSQL_SCHEMAS: the server shows no schema ${missing.join(', ')}.`,
    );
}

function selected(
  tables: readonly PlacedTable[],
  { only, foldsCase }: Pick<VerifyInput, 'only'> & { foldsCase: boolean },
  settings: VerifySettings,
): readonly PlacedTable[] {
  if (!only) return tables;
  const keyOf = (table: TableRef) => (foldsCase ? tableKey(table).toLowerCase() : tableKey(table));
  const byKey = new Map(tables.map((table) => [keyOf(table), table]));
  return only.map((wanted) => {
    const found = byKey.get(keyOf(wanted));
    refuseExcluded(found ?? wanted, settings);
    if (!found)
      throw new LoadError(
        'SOURCE_TABLE_UNKNOWN',
        `${tableLabel(wanted)} is not among the tables of the source.`,
      );
    return found;
  });
}

async function lastByTable(
  history: History,
  sourceId: string,
  since: Date,
): Promise<Map<string, LastPublished>> {
  const rows = await history.lastPublished({ sourceId, since });
  return new Map(rows.map((row) => [tableKey(row), row]));
}

async function describeDatasets(
  destination: Destination,
  datasets: ReadonlySet<string>,
): Promise<DestinationsByDataset> {
  const entries = await Promise.all(
    [...datasets].map(async (dataset) => [dataset, await destination.describeDataset(dataset)] as const),
  );
  return new Map(entries);
}
