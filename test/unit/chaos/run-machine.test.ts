import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoadDeps, LoadOutcome } from '../../../src/pipeline/load/load-deps.ts';
import { runLoad } from '../../../src/pipeline/load/run-load.ts';
import type { Engine } from '../../../src/pipeline/ports/engine.ts';
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

/** One worker's time with the load: its outcome, or null where it died. */
async function work(
  deps: LoadDeps,
  death: Death | null,
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
    const mortals = {
      ...deps,
      bucket: mortalBucket,
      destination: mortal(destination),
      engines: { dataproc: mortal(engines.dataproc as Engine) },
    };
    return { outcome: await runLoad(load, FRESH, mortals, watch), calls };
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

it('dies where it is told to: a load has as many calls to die at as the search reckons with', async () => {
  const { deps } = setUpLoad();
  const { calls } = await work(deps, null);
  expect(calls).toBeGreaterThan(LEAST_CALLS);
  for (let call = 0; call < LEAST_CALLS; call += 1)
    expect((await work(setUpLoad().deps, { call, isDone: false })).outcome).toBeNull();
});
