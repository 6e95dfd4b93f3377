import type { Flavour, SourceColumn } from '../objects/index.ts';
import { type ColumnRules, ruleOf } from './column-rules.ts';
import { mapColumn, policiesOf } from './map-column.ts';
import { type ColumnPolicies, POLICY_CHOICES } from './policies.ts';

/** What one policy would make of a column, by choice. */
export interface PolicyEffect {
  policy: keyof ColumnPolicies;
  chosen: string;
  /** BigQuery type by choice. */
  types: Record<string, string>;
}

/**
 * The policies that matter to a column, with the type it would have by each choice; none for a
 * masked or overridden one.
 */
export function policyEffects(
  column: SourceColumn,
  { rules, flavour }: { rules: ColumnRules; flavour: Flavour },
): PolicyEffect[] {
  const rule = ruleOf(rules, column.name);
  const policies = rules.policies ?? {};
  const chosen = policiesOf(policies, rule);
  const keys = Object.keys(POLICY_CHOICES) as (keyof ColumnPolicies)[];
  return keys.flatMap((policy) => {
    const mapped = POLICY_CHOICES[policy].map((choice) => ({
      choice,
      column: mapColumn({ column, rule: { ...rule, [policy]: choice }, policies, flavour }),
    }));
    const isConcerned = new Set(mapped.map((one) => JSON.stringify(one.column))).size > 1;
    const types = Object.fromEntries(mapped.map((one) => [one.choice, one.column.bigqueryType]));
    return isConcerned ? [{ policy, chosen: chosen[policy], types }] : [];
  });
}
