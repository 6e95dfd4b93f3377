import { expect, it } from 'vitest';
import { bothReading, bothWhole, cancelled, oneWhole } from '../support/fence-model/scenarios.ts';
import { search } from '../support/fence-model/search.ts';
import type { World } from '../support/fence-model/world.ts';
import { PATIENCE_MS } from '../support/wait.ts';

it.each<[string, () => World]>([
  ['one stage is whole, the newer load has not begun', () => oneWhole()],
  ['two that read at the same time', () => bothReading()],
  ['an insert is lost, or arrives late', () => bothWhole({ lost: 1 })],
  ['a publish fails for a moment', () => bothWhole({ failures: 1 })],
  ['a worker dies', () => bothWhole({ crashes: 1 })],
  ['a cancelled load, a lost insert, a publish that fails', () => cancelled({ lost: 1, failures: 1 })],
])(
  'in no order of steps an older stage wins, or anything stays stuck: %s',
  async (_, start) => {
    const { states, counterexample } = await search(start());
    console.info(`${states} states`);
    expect(counterexample).toBeNull();
  },
  10 * PATIENCE_MS,
);
