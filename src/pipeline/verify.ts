import { takeChecksums } from './checksums.ts';
import type { Flavour } from './column-mapping/canonical-text.ts';
import type { ColumnRulePlace, ColumnRules } from './column-mapping/column-rules.ts';
import { mapTable } from './column-mapping/map-table.ts';
import { checkRulesMatch } from './column-mapping/unmatched-rules.ts';
import { configHash, usesHmac } from './config-hash.ts';
import { decide, UNKNOWN_REASONS } from './decision.ts';
import { noteOf } from './decision-note.ts';
import { destinationOf, findCollisions } from './destinations.ts';
import { LoadError } from './load-error.ts';
import { loadName } from './names.ts';
import type { Capture } from './objects/capture.ts';
import type { MappedColumn, Refusal } from './objects/load.ts';
import type { Publishing } from './objects/publishing.ts';
import type { DecidedTable, PausesObject } from './objects/run.ts';
import type { Signature } from './objects/signature.ts';
import type { SecretRef } from './objects/spec.ts';
import type { TableDesign } from './objects/table-design.ts';
import { isPaused } from './pauses.ts';
import type { Destination } from './ports/destination.ts';
import type { History, LastPublished } from './ports/history.ts';
import type { SourceQueries } from './ports/source-queries.ts';
import { rowsOf } from './signature/rows-of.ts';
import { readServer, type ServerFacts } from './signature/server.ts';
import { readTables, type SourceTable } from './signature/tables.ts';
import { captureQueries, sessionStatements } from './source-sql/capture-queries.ts';
import { stalenessOf } from './staleness.ts';
import { type DesignedTable, type DesignRules, designed, NO_DESIGN } from './table-design.ts';
import { type TableRef, tableKey, tableLabel } from './table-ref.ts';

const DAY_MS = 86_400_000;

/** What configuration says about one table's reading. */
export interface TableRules extends ColumnRules {
  partitions?: { count: number; above: number } | undefined;
  /** `checksum`: prove an unknown state by reading the table at the source. */
  fingerprint?: 'checksum' | 'none' | undefined;
  schemaChanges?: Publishing['schemaChanges'] | undefined;
  rowAccessPolicies?: Publishing['rowAccessPolicies'] | undefined;
  bigquery?: DesignRules | undefined;
  guard?: { maxShrink?: number | undefined; from?: number | undefined } | undefined;
}

export interface VerifySettings {
  sourceId: string;
  schemas: readonly string[];
  datasetTemplate: string;
  settleSeconds: number;
  maxStalenessMs: number;
  compression: 'none' | 'gzip';
  /** `dataproc`: this process does not reach the source, and asking it costs a Dataproc job. */
  runner?: 'worker' | 'dataproc' | undefined;
  rulesFor(table: TableRef): TableRules;
  /** Where the configuration names columns. */
  columnRulePlaces: readonly ColumnRulePlace[];
  /** Where the key of `mask: hmac` is. */
  maskKey: SecretRef | null;
  /** The rule that keeps a table out, or null. */
  exclusionRule(table: TableRef): string | null;
}

export interface VerifyInput {
  run: string;
  /** The tables asked for, or null for all. Throws `SOURCE_TABLE_UNKNOWN` for one that is not there. */
  only: readonly TableRef[] | null;
  isForced: boolean;
  /** Keys (`tableKey`) of tables that another run is loading; a manual run passes none. */
  loadingElsewhere: ReadonlySet<string>;
  pauses: PausesObject;
  now: Date;
}

export interface VerifiedTable {
  decided: DecidedTable;
  source: SourceTable;
  signature: Signature;
  /** Empty where the table is refused or skipped. */
  columns: MappedColumn[];
  excludedColumns: string[];
  design: TableDesign;
  /** Why it cannot be loaded as it is, or null. */
  refusal: Refusal | null;
  /** Checksum of the rows last published, where one was taken. */
  lastFingerprint: string | null;
  /** Signature of the last load; null without one that can be read. */
  lastSignature: Signature | null;
}

export interface Verified {
  server: ServerFacts;
  tables: VerifiedTable[];
}

/** Compares every table with its last published signature and its destination. `run`, `plan` and later `why` all call this. */
export async function verifyTables(
  input: VerifyInput,
  settings: VerifySettings,
  ports: { source: SourceQueries; history: History; destination: Destination },
): Promise<Verified> {
  const { server, all } = await readSource(settings, ports.source);
  const withDestinations = all.map((source) => ({
    ...source,
    destination: destinationOf(source, settings.datasetTemplate),
  }));
  const collisions = findCollisions(
    withDestinations.filter((source) => settings.exclusionRule(source) === null),
  );
  const since = new Date(input.now.getTime() - settings.maxStalenessMs - DAY_MS);
  const [last, facts] = await Promise.all([
    lastByTable(ports.history, settings.sourceId, since),
    describeDatasets(
      ports.destination,
      new Set(withDestinations.map(({ destination }) => destination.dataset)),
    ),
  ]);
  const decideOne = tableDecider({ input, settings, last, facts, flavour: server.flavour, collisions });
  const wanted = selected(withDestinations, input, settings);
  const tables = wanted.map((source) => decideOne(source, null));
  const checksums = await takeChecksums(
    tables.filter((table) => isWorthAChecksum(table, settings)),
    { source: ports.source, identity: server.identity },
  );
  const isEqual = ({ source, lastFingerprint }: VerifiedTable) => {
    const found = checksums.get(tableKey(source));
    return found === undefined ? null : found !== null && found === lastFingerprint;
  };
  return {
    server,
    tables: wanted.map((source, index) => {
      const first = tables[index];
      const equal = first ? isEqual(first) : null;
      return first && equal === null ? first : decideOne(source, equal);
    }),
  };
}

/** The server and its tables; the rows they were made from are let go of before anything else happens. */
async function readSource(
  settings: VerifySettings,
  source: SourceQueries,
): Promise<{ server: ServerFacts; all: SourceTable[] }> {
  const capture = await source.capture({
    session: sessionStatements(),
    queries: captureQueries({ schemas: settings.schemas }),
  });
  checkSchemas(capture, settings.schemas);
  const server = readServer(capture);
  const all = readTables(capture, server, settings.settleSeconds);
  checkRulesMatch(settings.columnRulePlaces, all);
  return { server, all };
}

/** A checksum reads the whole table: only where its state is unknown, somebody asked for it, and there is one to compare with. */
function isWorthAChecksum(table: VerifiedTable, settings: VerifySettings): boolean {
  const { decided, source, refusal, lastFingerprint } = table;
  return (
    decided.decision === 'load' &&
    UNKNOWN_REASONS.has(decided.reason) &&
    lastFingerprint !== null &&
    refusal === null &&
    settings.rulesFor(source).fingerprint === 'checksum' &&
    !usesHmac(table.columns)
  );
}

/** A schema that is not there, or not visible, must not look like one without tables. Throws `SOURCE_SCHEMA_MISSING`. */
export function checkSchemas(capture: Capture, schemas: readonly string[]): void {
  const present = new Set(rowsOf(capture, 'schemas').map((row) => row['schema_name']?.toLowerCase()));
  const missing = schemas.filter((schema) => !present.has(schema.toLowerCase()));
  if (missing.length > 0)
    throw new LoadError(
      'SOURCE_SCHEMA_MISSING',
      `MYSQL_SCHEMAS: the server shows no schema ${missing.join(', ')}.`,
    );
}

/** How the table arrives by its configuration. */
export function mapSourceTable(
  source: SourceTable,
  settings: Pick<VerifySettings, 'rulesFor'>,
  flavour: Flavour,
): DesignedTable {
  const table = { schema: source.schema, table: source.table };
  const rules = settings.rulesFor(table);
  return designed(source, mapTable({ table, sourceColumns: source.columns, rules, flavour }), rules.bigquery);
}

type Candidate = SourceTable & { destination: { dataset: string; table: string } };

function selected(
  tables: readonly Candidate[],
  { only }: VerifyInput,
  settings: VerifySettings,
): readonly Candidate[] {
  if (!only) return tables;
  const byKey = new Map(tables.map((table) => [tableKey(table), table]));
  return only.map((wanted) => {
    refuseExcluded(wanted, settings);
    const found = byKey.get(tableKey(wanted));
    if (!found)
      throw new LoadError(
        'SOURCE_TABLE_UNKNOWN',
        `${tableLabel(wanted)} is not among the tables of the source.`,
      );
    return found;
  });
}

/** A table that a rule keeps out is not loaded by its name either. Throws `TABLE_EXCLUDED`, naming the rule. */
export function refuseExcluded(table: TableRef, settings: Pick<VerifySettings, 'exclusionRule'>): void {
  const rule = settings.exclusionRule(table);
  if (rule === null) return;
  throw new LoadError('TABLE_EXCLUDED', `${tableLabel(table)} is kept out by adutora.yml, ${rule}.`);
}

function tableDecider(known: {
  input: VerifyInput;
  settings: VerifySettings;
  last: ReadonlyMap<string, LastPublished>;
  facts: ReadonlyMap<string, Map<string, { rows: number; lastModified: string }>>;
  flavour: Flavour;
  collisions: ReadonlyMap<string, Refusal>;
}): (source: Candidate, isFingerprintEqual: boolean | null) => VerifiedTable {
  const { input, settings } = known;
  return (source, isFingerprintEqual) => {
    const { schema, table, destination } = source;
    const mapped = mapSourceTable(source, settings, known.flavour);
    const signature: Signature = {
      ...source.signature,
      config: configHash(destination, mapped, settings.maskKey),
    };
    const last = known.last.get(tableKey(source)) ?? null;
    const { decision, reason } = decide({
      signature,
      last,
      destination: known.facts.get(destination.dataset)?.get(destination.table) ?? null,
      isForced: input.isForced,
      isLoadingElsewhere: input.loadingElsewhere.has(tableKey(source)),
      isPaused: isPaused(input.pauses, source),
      isExcluded: settings.exclusionRule(source) !== null,
      now: input.now,
      isFingerprintEqual,
      maxStalenessMs: stalenessOf(source, settings.maxStalenessMs),
    });
    const { storageEngine, rowsEstimate, bytesEstimate } = source;
    const load = decision === 'load' ? loadName(input.run, source) : null;
    const lastPublishedAt = last?.publishedAt ?? null;
    const wantsFingerprint = settings.rulesFor(source).fingerprint === 'checksum';
    const decided = {
      schema,
      table,
      decision,
      reason,
      load,
      destination,
      storageEngine,
      rowsEstimate,
      bytesEstimate,
      lastPublishedAt,
      note: noteOf({ reason, last, columns: mapped.columns, wantsFingerprint }),
      signature,
    };
    const refusal = known.collisions.get(tableKey(source)) ?? mapped.refusal;
    const lastSignature = last?.signature ?? null;
    return {
      decided,
      source,
      signature,
      // Ten thousand tables that are skipped need not be held with every column and its comment.
      columns: refusal || decision === 'skip' ? [] : mapped.columns,
      design: decision === 'skip' ? NO_DESIGN : mapped.design,
      excludedColumns: mapped.excludedColumns,
      refusal,
      lastFingerprint: lastSignature?.fingerprint ?? null,
      lastSignature,
    };
  };
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
): Promise<Map<string, Map<string, { rows: number; lastModified: string }>>> {
  const entries = await Promise.all(
    [...datasets].map(async (dataset) => [dataset, await destination.describeDataset(dataset)] as const),
  );
  return new Map(entries);
}
