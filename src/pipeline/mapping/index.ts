/**
 * The door of its room. What a table becomes in BigQuery: columns, types, policies, table options,
 * destination.
 */

export { MAPPED_TYPES } from './canonical-text.ts';
export { ENGINE_WISHES } from './choose-engine.ts';
export { type ColumnRule, type ColumnRules, maskText, ruleOf, TYPE_OVERRIDES } from './column-rules.ts';
export { usesHmac } from './config-hash.ts';
export { destinationOf, findCollisions, isBeside, newDestination } from './destinations.ts';
export { mapColumn } from './map-column.ts';
export { mapTable, maskedColumns } from './map-table.ts';
export { OVERRIDES } from './overrides.ts';
export { POLICY_CHOICES } from './policies.ts';
export { type PolicyEffect, policyEffects } from './policy-effects.ts';
export { checkRulesMatch, type RulePlace } from './unmatched-rules.ts';
export { refuseExcluded, type TableRules, type VerifySettings } from './verify-settings.ts';
export { type PlacedTable, type TableView, viewTable } from './view-table.ts';
