import { expect, it } from 'vitest';
import { chanceOf } from '../../support/chaos/random.ts';
import { rowsOfState, stateOfRows } from '../../support/chaos/states.ts';

it('every state is told by its rows, in whatever order they come', () => {
  for (let state = 0; state < 200; state += 1)
    expect(stateOfRows('a', rowsOfState('a', state).reverse())).toEqual({ state, wrong: null });
});

it('rows of another table, of two states, or of none are of no state', () => {
  for (const rows of [rowsOfState('b', 7), [...rowsOfState('a', 7), ...rowsOfState('a', 8)], []])
    expect(stateOfRows('a', rows).state).toBeNull();
});

it('a seed repeats its chance', () => {
  const tenOf = (seed: number) => {
    const chance = chanceOf(seed);
    return Array.from({ length: 10 }, () => chance.next());
  };
  expect(tenOf(7)).toEqual(tenOf(7));
  expect(tenOf(7)).not.toEqual(tenOf(8));
  expect(tenOf(7).every((one) => one >= 0 && one < 1)).toBe(true);
});
