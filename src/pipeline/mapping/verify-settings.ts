import { LoadError } from '../errors/index.ts';
import { type TableRef, tableLabel } from '../names/index.ts';
import type { Publishing, SecretRef } from '../objects/index.ts';
import type { EngineWish } from './choose-engine.ts';
import type { ColumnRules } from './column-rules.ts';
import type { TableOptionRules } from './table-options.ts';
import type { RulePlace } from './unmatched-rules.ts';

/** What configuration says about one table's reading. */
export interface TableRules extends ColumnRules {
  engine?: EngineWish | undefined;
  partitions?: { count: number; above: number } | undefined;
  /** `checksum`: prove an unknown state by reading the table at the source. */
  fingerprint?: 'checksum' | 'none' | undefined;
  schemaChanges?: Publishing['schemaChanges'] | undefined;
  rowAccessPolicies?: Publishing['rowAccessPolicies'] | undefined;
  foreignColumns?: Publishing['foreignColumns'] | undefined;
  bigquery?: TableOptionRules | undefined;
  guard?: { maxShrink?: number | undefined; from?: number | undefined } | undefined;
}

/** What verify needs of the configuration. Durations in milliseconds unless named otherwise. */
export interface VerifySettings {
  sourceId: string;
  schemas: readonly string[];
  datasetTemplate: string;
  settleSeconds: number;
  maxStalenessMs: number;
  compression: 'none' | 'gzip';
  /** Which engine reads a table for which no rule says so. */
  engine: EngineWish;
  /** Up to which size `auto` reads a table by `direct`. */
  directMaxBytes: number;
  /** `dataproc`: this process does not reach the source, and asking it costs a Dataproc job. */
  runner?: 'worker' | 'dataproc' | undefined;
  rulesFor(table: TableRef): TableRules;
  /** Where the configuration has rules. */
  rulePlaces: readonly RulePlace[];
  /** Where the key of `mask: hmac` is. */
  maskKey: SecretRef | null;
  /** The rule that keeps a table out, or null. */
  exclusionRule(table: TableRef): string | null;
}

/**
 * A table that a rule keeps out is not loaded by its name either. Throws `TABLE_EXCLUDED`, naming
 * the rule.
 */
export function refuseExcluded(table: TableRef, settings: Pick<VerifySettings, 'exclusionRule'>): void {
  const rule = settings.exclusionRule(table);
  if (rule === null) return;
  throw new LoadError('TABLE_EXCLUDED', `${tableLabel(table)} is kept out by adutora.yml, ${rule}.`);
}
