import { expect, it } from 'vitest';
import { mapAtOnce, parts } from '../../../../src/pipeline/ports/at-once.ts';

it.each([
  [[], 2, []],
  [[1], 2, [[1]]],
  [
    [1, 2, 3, 4],
    2,
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [[1, 2, 3], 2, [[1, 2], [3]]],
])('%j in parts of %i', (items, size, expected) => {
  expect(parts<number>(items, size)).toEqual(expected);
});

it('calls for at most so many at a time, and answers in order', async () => {
  let [atOnce, most] = [0, 0];
  const answers = await mapAtOnce([3, 1, 2, 5, 4], 2, async (item) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, item));
    atOnce -= 1;
    return item * 10;
  });
  expect([answers, most]).toEqual([[30, 10, 20, 50, 40], 2]);
});
