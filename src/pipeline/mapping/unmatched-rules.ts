import { LoadError } from '../errors/index.ts';
import type { TableRef } from '../names/index.ts';
import type { SourceColumn } from '../objects/index.ts';

/**
 * One place of `adutora.yml` with rules of its own: for every table, for a schema, or for a table.
 */
export interface RulePlace {
  /** `source`, `schemas.s`, `tables.s.t`. */
  where: string;
  /** `name` is `schema.table`; `pattern` is one of include or exclude; nothing: every table. */
  scope: { schema?: string; name?: string; pattern?: string };
  /** Columns that it names; none where its rules are of other kinds. */
  columns: readonly string[];
}

interface Candidate extends TableRef {
  /**
   * Empty where the table is locked, and MariaDB does not tell, or is not shown whole: it may have
   * any.
   */
  columns: readonly SourceColumn[];
}

/**
 * Refuses a run whose rules name a schema or a table that is not there, or a column that no table
 * of theirs has: what the rule was to mask or to guard may be there under another name. (A column
 * missing in a table that is named refuses that table alone.) `schemas` are those of MYSQL_SCHEMAS:
 * one of them may be without tables. Letter case counts unless `foldsCase`. Throws
 * `RULE_UNMATCHED`.
 */
export function checkRulesMatch(
  places: readonly RulePlace[],
  tables: readonly Candidate[],
  { schemas, foldsCase }: { schemas: readonly string[]; foldsCase: boolean },
): void {
  const known = new Set([...schemas, ...tables.map(({ schema }) => schema)]);
  const problems = foldsCase
    ? foldedProblems(places, tables, known)
    : places.flatMap((place) => [
        ...problemsOf(place, tables, known),
        ...twinProblems(place, places, tables),
      ]);
  if (problems.length > 0) throw new LoadError('RULE_UNMATCHED', `adutora.yml: ${problems.join('; ')}.`);
}

/**
 * Where case does not count. A server that keeps names in lower case shows none that a pattern with
 * capitals matches.
 */
function foldedProblems(
  places: readonly RulePlace[],
  tables: readonly Candidate[],
  schemas: ReadonlySet<string>,
): string[] {
  const lower = tables.map((one) => ({
    ...one,
    schema: one.schema.toLowerCase(),
    table: one.table.toLowerCase(),
  }));
  const lowerSchemas = new Set([...schemas].map((schema) => schema.toLowerCase()));
  const hasCapitals = tables.some(({ schema, table }) => /\p{Lu}/u.test(`${schema}.${table}`));
  return places.flatMap(({ where, columns, scope: { schema, name, pattern } }) => {
    if (pattern !== undefined)
      return hasCapitals || pattern === pattern.toLowerCase()
        ? []
        : [`${where}: this server keeps names in lower case: write ${pattern.toLowerCase()}`];
    const scope = {
      ...(schema !== undefined && { schema: schema.toLowerCase() }),
      ...(name !== undefined && { name: name.toLowerCase() }),
    };
    return problemsOf({ where, columns, scope }, lower, lowerSchemas);
  });
}

/**
 * A rule counts for its name in any letter case, so that of two tables that differ in case alone
 * each needs an entry.
 */
function twinProblems(
  { where, scope }: RulePlace,
  places: readonly RulePlace[],
  tables: readonly Candidate[],
): string[] {
  const { name } = scope;
  if (name === undefined) return [];
  return tables
    .map(({ schema, table }) => `${schema}.${table}`)
    .filter((one) => one !== name && one.toLowerCase() === name.toLowerCase())
    .filter((one) => !places.some((place) => place.scope.name === one))
    .map((one) => `${where}: ${one} is another table; give it an entry of its own, if only {}`);
}

function problemsOf(
  { where, scope, columns }: RulePlace,
  tables: readonly Candidate[],
  schemas: ReadonlySet<string>,
): string[] {
  if (scope.pattern !== undefined) return [];
  if (scope.name !== undefined) return tableProblems({ where, name: scope.name }, tables);
  if (scope.schema !== undefined && !schemas.has(scope.schema))
    return [`${where}: MYSQL_SCHEMAS has no ${scope.schema}${nearSchema(scope.schema, schemas)}`];
  const inScope = tables.filter(({ schema }) => scope.schema === undefined || scope.schema === schema);
  if (inScope.some((table) => table.columns.length === 0)) return [];
  const names = new Set(inScope.flatMap((table) => table.columns.map(({ name }) => name.toLowerCase())));
  return columns
    .filter((column) => !names.has(column.toLowerCase()))
    .map((column) => `${where}.columns: no table has a column ${column}`);
}

/** The listing does not tell a table that was dropped from one that this user may not see. */
function tableProblems(
  { where, name }: { where: string; name: string },
  tables: readonly Candidate[],
): string[] {
  const names = tables.map(({ schema, table }) => `${schema}.${table}`);
  if (names.includes(name)) return [];
  const wanted = name.toLowerCase();
  const near = names.find((one) => one.toLowerCase() === wanted || one.toLowerCase().endsWith(`.${wanted}`));
  const meant = near ? `did you mean ${near}?` : 'misspelt, dropped, or hidden from MYSQL_USER';
  return [`${where}: there is no table ${name} (${meant})`];
}

function nearSchema(name: string, schemas: ReadonlySet<string>): string {
  const near = [...schemas].find((one) => one.toLowerCase() === name.toLowerCase());
  return near ? ` (did you mean ${near}?)` : '';
}
