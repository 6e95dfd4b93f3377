import { LoadError } from '../load-error.ts';
import type { SourceColumn } from '../objects/load.ts';
import type { TableRef } from '../table-ref.ts';
import type { ColumnRulePlace } from './column-rules.ts';

interface Candidate extends TableRef {
  columns: readonly SourceColumn[];
}

/**
 * Refuses a run whose rules name a table that is not there, or a column that no table of theirs has: what the rule was to mask
 * may be there under another name. (A column missing in a table that is named refuses that table alone.) Throws `RULE_UNMATCHED`.
 */
export function checkRulesMatch(places: readonly ColumnRulePlace[], tables: readonly Candidate[]): void {
  const problems = places.flatMap((place) => problemsOf(place, tables));
  if (problems.length > 0) throw new LoadError('RULE_UNMATCHED', `adutora.yml: ${problems.join('; ')}.`);
}

function problemsOf({ where, scope, columns }: ColumnRulePlace, tables: readonly Candidate[]): string[] {
  const inScope = tables.filter(({ schema, table }) =>
    scope.name === undefined
      ? scope.schema === undefined || scope.schema === schema
      : scope.name === `${schema}.${table}`,
  );
  if (scope.name !== undefined)
    return inScope.length > 0 ? [] : [`${where}: there is no table ${scope.name}`];
  const names = new Set(inScope.flatMap((table) => table.columns.map(({ name }) => name.toLowerCase())));
  return columns
    .filter((column) => !names.has(column.toLowerCase()))
    .map((column) => `${where}: no table has a column ${column}`);
}
