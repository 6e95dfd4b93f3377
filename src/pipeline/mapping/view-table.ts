import type { DestinationRef, EngineChoice, Flavour, Refusal, Signature } from '../objects/index.ts';
import type { SourceTable } from '../source/index.ts';
import { chooseEngine } from './choose-engine.ts';
import { configHash, usesHmac } from './config-hash.ts';
import { mapTable } from './map-table.ts';
import { type TableShape, withTableOptions } from './table-options.ts';
import type { VerifySettings } from './verify-settings.ts';

/** A table of the source, and where it goes. */
export type PlacedTable = SourceTable & { destination: DestinationRef };

/** How a table arrives by its configuration: what its load is frozen from. */
export interface TableView extends TableShape {
  /** The source's, with the hash of the configuration that changes what arrives. */
  signature: Signature;
  /** Whether a checksum of its rows is wanted, and may be taken. */
  takesFingerprint: boolean;
  choice: EngineChoice;
}

/**
 * The one look at a table: mapping, table options, signature, refusal, checksum, engine. `refusal`
 * is why it cannot be loaded whatever its rules make of it; a table that is refused has no columns.
 * Made anew where it is needed: ten thousand tables are not held with every expression.
 */
export function viewTable(
  table: PlacedTable,
  settings: Pick<VerifySettings, 'rulesFor' | 'maskKey' | 'engine' | 'directMaxBytes'>,
  { flavour, refusal = null }: { flavour: Flavour; refusal?: Refusal | null },
): TableView {
  const ref = { schema: table.schema, table: table.table };
  const rules = settings.rulesFor(ref);
  const mapped = withTableOptions(
    table,
    mapTable({ table: ref, sourceColumns: table.columns, rules, flavour }),
    rules.bigquery,
  );
  const why = refusal ?? mapped.refusal;
  return {
    ...mapped,
    columns: why ? [] : mapped.columns,
    refusal: why,
    signature: { ...table.signature, config: configHash(table.destination, mapped, settings.maskKey) },
    takesFingerprint: rules.fingerprint === 'checksum' && !usesHmac(mapped.columns),
    choice: chooseEngine(table, rules.engine, settings),
  };
}
