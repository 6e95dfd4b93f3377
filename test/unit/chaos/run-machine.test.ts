import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoadBudget } from '../../../src/pipeline/load/budget.ts';
import type { LoadDeps, LoadOutcome } from '../../../src/pipeline/load/load-deps.ts';
import { runLoad } from '../../../src/pipeline/load/run-load.ts';
import { capture } from '../../support/captures.ts';
import { createStagingEngine } from '../../support/fakes/staging-engine.ts';
import { FRESH, load, setUpLoad } from '../../support/load-set-up.ts';
import { FIRST_SEED } from '../../support/seed.ts';

/**
 * A worker dies at the call of this number to anything outside: before it is made, or after it is
 * done and before the answer is there.
 */
interface Death {
  call: number;
  isDone: boolean;
}

/** Calls that a load makes from its beginning to its end, at least. */
const LEAST_CALLS = 15;

class Killed extends Error {}

/**
 * One worker's time with the load: its outcome, or null where it died. With `started` the worker
 * reads itself, and may die in the middle of it: names of attempts that were begun are added.
 */
async function work(
  deps: LoadDeps,
  death: Death | null,
  { budget = FRESH, started }: { budget?: LoadBudget; started?: string[] } = {},
): Promise<{ outcome: LoadOutcome | null; calls: number }> {
  const life = new AbortController();
  let calls = 0;
  const mortal = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          life.signal.throwIfAborted();
          calls += 1;
          const isLast = death !== null && calls > death.call;
          const die = () => {
            life.abort(new Killed('killed'));
            throw life.signal.reason;
          };
          if (isLast && !death.isDone) die();
          const answer = await value.apply(target, args);
          if (isLast) die();
          return answer;
        };
      },
    });
  const { bucket, destination, engines } = deps;
  // What only reckons and asks nobody is no place to die at.
  const { crc32c, name } = bucket;
  const mortalBucket = Object.assign(Object.create(mortal(bucket)), { crc32c, name });
  const watch = { signal: life.signal, report: async () => undefined };
  try {
    const reader = started
      ? Object.assign(createStagingEngine(mortalBucket, capture(), 'direct'), { started })
      : mortal(engines.dataproc);
    const mortals = {
      ...deps,
      bucket: mortalBucket,
      destination: mortal(destination),
      engines: { dataproc: reader, direct: reader },
    };
    return {
      outcome: await runLoad(started ? { ...load, engine: 'direct' } : load, budget, mortals, watch),
      calls,
    };
  } catch (error) {
    if (error instanceof Killed) return { outcome: null, calls };
    throw error;
  }
}

it('a load whose workers die at any calls, one after the other, is read once, published once, and recorded', async () => {
  const deaths = fc.array(fc.record({ call: fc.nat(40), isDone: fc.boolean() }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(deaths, async (some) => {
      const { deps, engine, destination } = setUpLoad();
      for (const death of some) await work(deps, death);
      const { outcome } = await work(deps, null);
      expect(outcome).toMatchObject({ outcome: 'loaded', attempt: 1, row: { rows_loaded: 2 } });
      expect(engine.started).toHaveLength(1);
      expect(destination.published).toHaveLength(1);
    }),
    { seed: FIRST_SEED, numRuns: 1_000 },
  );
});

it('a load that a worker reads itself is read by one worker an attempt, published once, and uses up no attempt, whoever dies', async () => {
  const deaths = fc.array(fc.record({ call: fc.nat(40), isDone: fc.boolean() }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(deaths, async (some) => {
      const { deps, destination } = setUpLoad('direct');
      const started: string[] = [];
      let budget = FRESH;
      let outcome: LoadOutcome | null = null;
      for (const death of [...some, null, null]) {
        ({ outcome } = await work(deps, death, { budget, started }));
        if (outcome?.outcome === 'later') budget = { ...budget, ...outcome };
      }
      expect(outcome).toMatchObject({ outcome: 'loaded', row: { rows_loaded: 2, engine: 'direct' } });
      expect(new Set(started).size).toBe(started.length);
      expect(destination.published).toHaveLength(1);
      expect(budget.nextAttempt - 1).toBe(budget.nextAttempt === 0 ? -1 : budget.spared);
    }),
    { seed: FIRST_SEED, numRuns: 300 },
  );
});

it('dies where it is told to: a load has as many calls to die at as the search reckons with', async () => {
  const { deps } = setUpLoad();
  const { calls } = await work(deps, null);
  expect(calls).toBeGreaterThan(LEAST_CALLS);
  for (let call = 0; call < LEAST_CALLS; call += 1)
    expect((await work(setUpLoad().deps, { call, isDone: false })).outcome).toBeNull();
});
