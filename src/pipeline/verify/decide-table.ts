import { type PlacedTable, type VerifySettings, viewTable } from '../mapping/index.ts';
import { loadName, type TableRef, tableKey } from '../names/index.ts';
import type { DecidedTable, EngineChoice, PausesObject, Refusal, Signature } from '../objects/index.ts';
import type { LastPublished } from '../ports/index.ts';
import type { ServerFacts } from '../source/index.ts';
import { decide } from './decision.ts';
import { noteOf } from './decision-note.ts';
import { isPaused } from './pauses.ts';
import { stalenessOf } from './staleness.ts';

export interface VerifyInput {
  runId: string;
  /**
   * The tables asked for, or null for all. Throws `SOURCE_TABLE_UNKNOWN` for one that is not there.
   */
  only: readonly TableRef[] | null;
  isForced: boolean;
  /** Keys (`tableKey`) of tables that another run is loading; a manual run passes none. */
  loadingElsewhere: ReadonlySet<string>;
  pauses: PausesObject;
  now: Date;
}

/** Dataset → table → what BigQuery says of it. */
export type DestinationsByDataset = ReadonlyMap<
  string,
  ReadonlyMap<string, { rows: number; lastModified: string }>
>;

/** A table as it was seen, without its expressions. */
interface SeenTable {
  sourceTable: PlacedTable;
  signature: Signature;
  /** Why it cannot be loaded as it is, or null. */
  refusal: Refusal | null;
  takesFingerprint: boolean;
  choice: EngineChoice;
}

export interface VerifiedTable extends SeenTable {
  decided: DecidedTable;
  /** Signature of the last load; null without one that can be read. */
  lastSignature: Signature | null;
}

interface KnownOfAll {
  input: VerifyInput;
  settings: VerifySettings;
  last: ReadonlyMap<string, LastPublished>;
  destinations: DestinationsByDataset;
  server: ServerFacts;
  collisions: ReadonlyMap<string, Refusal>;
  /**
   * Tables that the server could not open, whose loads look again, or does not show whole to this
   * user.
   */
  untold: ReadonlyMap<string, Refusal>;
}

/** Looks at a table once; only what a decision needs is kept. */
export function seeTable(
  sourceTable: PlacedTable,
  known: Pick<KnownOfAll, 'settings' | 'server' | 'collisions' | 'untold'>,
): SeenTable {
  const key = tableKey(sourceTable);
  const { signature, refusal, takesFingerprint, choice } = viewTable(sourceTable, known.settings, {
    flavour: known.server.flavour,
    refusal: known.collisions.get(key) ?? known.untold.get(key) ?? null,
  });
  return { sourceTable, signature, refusal, takesFingerprint, choice };
}

/**
 * Decides a table by what is known of them all; `isFingerprintEqual` null: no checksum was taken.
 */
export function decideTable(
  seen: SeenTable,
  known: KnownOfAll,
  isFingerprintEqual: boolean | null,
): VerifiedTable {
  const { input, settings } = known;
  const { sourceTable, signature, takesFingerprint } = seen;
  const { schema, table, destination, storageEngine, rowsEstimate, bytesEstimate } = sourceTable;
  const last = known.last.get(tableKey(sourceTable)) ?? null;
  const { decision, reason } = decide({
    signature,
    last,
    destination: known.destinations.get(destination.dataset)?.get(destination.table) ?? null,
    isForced: input.isForced,
    isLoadingElsewhere: input.loadingElsewhere.has(tableKey(sourceTable)),
    isPaused: isPaused(input.pauses, sourceTable),
    isExcluded: settings.exclusionRule(sourceTable) !== null,
    now: input.now,
    isFingerprintEqual,
    maxStalenessMs: stalenessOf(sourceTable, settings.maxStalenessMs),
  });
  const wantsFingerprint = settings.rulesFor(sourceTable).fingerprint === 'checksum';
  const note = noteOf({ reason, last, wantsFingerprint, takesFingerprint, server: known.server });
  const decided = {
    ...{ schema, table, decision, reason, destination, storageEngine, rowsEstimate, bytesEstimate },
    ...seen.choice,
    loadId: decision === 'load' ? loadName(input.runId, sourceTable) : null,
    lastPublishedAt: last?.publishedAt ?? null,
    note: known.untold.get(tableKey(sourceTable))?.message ?? note,
    signature,
  };
  return { ...seen, decided, lastSignature: last?.signature ?? null };
}
