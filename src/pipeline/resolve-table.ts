import { LoadError } from './load-error.ts';
import { type TableRef, tableLabel } from './table-ref.ts';

const SUGGESTIONS = 3;

/**
 * The table a person means: `schema.table`, a bare name where only one schema has it, backticks where names need them.
 * `distance` tells how far two texts are apart. Throws `UNKNOWN_TABLE` with near names, `AMBIGUOUS_TABLE`.
 */
export function resolveTable(
  input: string,
  known: readonly TableRef[],
  distance: (one: string, other: string) => number,
): TableRef {
  const wanted = input.replaceAll('`', '');
  const exact = known.filter(({ schema, table }) => `${schema}.${table}` === wanted);
  const found = exact.length > 0 ? exact : known.filter(({ table }) => table === wanted);
  if (found.length > 1) {
    throw new LoadError(
      'AMBIGUOUS_TABLE',
      `${input} is in several schemas: ${found.map(tableLabel).join(', ')}.`,
    );
  }
  if (found[0]) return { schema: found[0].schema, table: found[0].table };
  const nearness = ({ schema, table }: TableRef) =>
    Math.min(distance(wanted, table), distance(wanted, `${schema}.${table}`));
  const near = known
    .map((table) => ({ table, apart: nearness(table) }))
    .filter(({ apart }) => apart <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.apart - b.apart)
    .slice(0, SUGGESTIONS);
  const hint =
    near.length > 0
      ? { hint: `Did you mean ${near.map(({ table }) => tableLabel(table)).join(' or ')}?` }
      : {};
  throw new LoadError('UNKNOWN_TABLE', `There is no table ${input} in the source.`, hint);
}
