import { configHash, mapSourceTable, type VerifySettings } from '../mapping/index.ts';
import { loadName, type TableRef, tableKey } from '../names/index.ts';
import type { DecidedTable, DestinationRef, PausesObject, Refusal, Signature } from '../objects/index.ts';
import type { LastPublished } from '../ports/index.ts';
import type { ServerFacts, SourceTable } from '../source/index.ts';
import { decide } from './decision.ts';
import { noteOf } from './decision-note.ts';
import { isPaused } from './pauses.ts';
import { stalenessOf } from './staleness.ts';

export interface VerifyInput {
  runId: string;
  /** The tables asked for, or null for all. Throws `SOURCE_TABLE_UNKNOWN` for one that is not there. */
  only: readonly TableRef[] | null;
  isForced: boolean;
  /** Keys (`tableKey`) of tables that another run is loading; a manual run passes none. */
  loadingElsewhere: ReadonlySet<string>;
  pauses: PausesObject;
  now: Date;
}

/** A table of the source, and where it goes. */
export type Candidate = SourceTable & { destination: DestinationRef };

/** Dataset → table → what BigQuery says of it. */
export type DatasetFacts = ReadonlyMap<string, ReadonlyMap<string, { rows: number; lastModified: string }>>;

export interface VerifiedTable {
  decided: DecidedTable;
  source: SourceTable;
  signature: Signature;
  /** Why it cannot be loaded as it is, or null. */
  refusal: Refusal | null;
  /** Signature of the last load; null without one that can be read. */
  lastSignature: Signature | null;
}

/** Decides one table after the other by what is known of them all. */
export function tableDecider(known: {
  input: VerifyInput;
  settings: VerifySettings;
  last: ReadonlyMap<string, LastPublished>;
  facts: DatasetFacts;
  server: ServerFacts;
  collisions: ReadonlyMap<string, Refusal>;
  /** Tables that the server could not open, whose loads look again, or does not show whole to this user. */
  untold: ReadonlyMap<string, Refusal>;
}): (source: Candidate, isFingerprintEqual: boolean | null) => VerifiedTable {
  const { input, settings } = known;
  return (source, isFingerprintEqual) => {
    const { schema, table, destination } = source;
    const mapped = mapSourceTable(source, settings, known.server.flavour);
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
    const loadId = decision === 'load' ? loadName(input.runId, source) : null;
    const lastPublishedAt = last?.publishedAt ?? null;
    const wantsFingerprint = settings.rulesFor(source).fingerprint === 'checksum';
    const untold = known.untold.get(tableKey(source)) ?? null;
    const decided = {
      schema,
      table,
      decision,
      reason,
      loadId,
      destination,
      storageEngine,
      rowsEstimate,
      bytesEstimate,
      lastPublishedAt,
      note:
        untold?.message ??
        noteOf({ reason, last, columns: mapped.columns, wantsFingerprint, server: known.server }),
      signature,
    };
    const refusal = known.collisions.get(tableKey(source)) ?? untold ?? mapped.refusal;
    return { decided, source, signature, refusal, lastSignature: last?.signature ?? null };
  };
}
