import { createHash } from 'node:crypto';

/** A row of a table that changes under the loads. */
export interface StateRow {
  id: number;
  state: number;
  body: string;
}

const LEAST_ROWS = 3;
const MORE_ROWS = 40;

/**
 * Every row of a table in state n: a function of the table's name and n, so that whoever sees rows
 * knows what they are rows of.
 */
export function rowsOfState(table: string, state: number): StateRow[] {
  const count = LEAST_ROWS + ((state * 7) % MORE_ROWS);
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    state,
    body: createHash('sha256').update(`${table}:${state}:${index}`).digest('hex').slice(0, 24),
  }));
}

/** The state that these are all the rows of; else what is wrong with them. */
export function stateOfRows(
  table: string,
  rows: readonly StateRow[],
): { state: number; wrong: null } | { state: null; wrong: string } {
  const states = [...new Set(rows.map(({ state }) => state))];
  const [state] = states;
  if (state === undefined) return { state: null, wrong: `${table} has no rows` };
  if (states.length > 1)
    return {
      state: null,
      wrong: `${table} has rows of the states ${states.sort((a, b) => a - b).join(', ')}`,
    };
  const text = (some: readonly StateRow[]) =>
    [...some].sort((one, other) => one.id - other.id).map(({ id, body }) => `${id} ${body}`);
  const found = text(rows);
  const wanted = text(rowsOfState(table, state));
  if (found.join() === wanted.join()) return { state, wrong: null };
  const lost = wanted.filter((row) => !found.includes(row)).length;
  const doubled = found.length - new Set(found).size;
  const more = `${lost} lost, ${doubled} doubled, ${found.filter((row) => !wanted.includes(row)).length} of nobody`;
  return {
    state: null,
    wrong: `${table} has ${found.length} rows of state ${state}, which has ${wanted.length}: ${more}`,
  };
}
