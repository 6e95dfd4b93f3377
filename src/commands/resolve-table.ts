import { distance } from 'fastest-levenshtein';
import { LoadError } from '../pipeline/errors/index.ts';
import { type TableRef, tableKey, tableLabel } from '../pipeline/names/index.ts';

const SUGGESTIONS = 3;

/**
 * The tables people mean, each once. Throws what `resolveTable` throws, and of several wrong names
 * it names all.
 */
export function resolveTables(inputs: readonly string[], known: readonly TableRef[]): TableRef[] {
  const found = new Map<string, TableRef>();
  const errors: LoadError[] = [];
  for (const input of inputs) {
    try {
      const table = resolveTable(input, known);
      found.set(tableKey(table), table);
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      errors.push(error);
    }
  }
  const [first, ...more] = errors;
  if (!first) return [...found.values()];
  if (more.length === 0) throw first;
  throw new LoadError(first.code, errors.map(({ message }) => message).join(' '), {
    hint: [...new Set(errors.map(({ hint }) => hint))].join(' '),
  });
}

/**
 * The table a person means: `schema.table`, a bare name where only one schema has it, backticks
 * where names need them. Throws `UNKNOWN_TABLE` with near names (case does not count for these),
 * `AMBIGUOUS_TABLE`.
 */
export function resolveTable(input: string, known: readonly TableRef[]): TableRef {
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
  const near = didYouMean(input, known);
  const hint = near === null ? {} : { hint: near };
  throw new LoadError('UNKNOWN_TABLE', `There is no table ${input} in the source.`, hint);
}

/**
 * The question that a name nobody knows is answered with; null where no table has a name near it.
 */
export function didYouMean(input: string, known: readonly TableRef[]): string | null {
  const near = nearTables(input.replaceAll('`', ''), known);
  return near.length > 0 ? `Did you mean ${near.map(tableLabel).join(' or ')}?` : null;
}

function nearTables(wanted: string, known: readonly TableRef[]): TableRef[] {
  const apart = (name: string) => distance(wanted.toLowerCase(), name.toLowerCase());
  return known
    .map((table) => ({ table, apart: Math.min(apart(table.table), apart(`${table.schema}.${table.table}`)) }))
    .filter((one) => one.apart <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.apart - b.apart)
    .slice(0, SUGGESTIONS)
    .map(({ table }) => table);
}
