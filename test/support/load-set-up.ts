import type { LoadBudget } from '../../src/pipeline/load/budget.ts';
import type { LoadDeps, LoadWatch } from '../../src/pipeline/load/load-deps.ts';
import { runLoad } from '../../src/pipeline/load/run-load.ts';
import type { EngineName } from '../../src/pipeline/objects/engine.ts';
import type { LoadObject } from '../../src/pipeline/objects/load.ts';
import { capture, signatureOf } from './captures.ts';
import { createMemoryBucket } from './fakes/memory-bucket.ts';
import { createMemoryDestination } from './fakes/memory-destination.ts';
import { createStagingEngine } from './fakes/staging-engine.ts';
import { loadObject, SOURCE } from './samples.ts';

/** A load of two rows. */
export const load = loadObject({ signature: signatureOf(capture()) });
export const FRESH: LoadBudget = { attemptsBefore: 0, nextAttempt: 0, spared: 0, interruptions: 0 };

/** The state machine over fakes; `run` goes one pick-up on. */
export function setUpLoad(name: EngineName = 'dataproc') {
  const bucket = createMemoryBucket();
  const destination = createMemoryDestination(() => 2);
  const engine = createStagingEngine(bucket, capture(), name);
  const deps: LoadDeps = {
    bucket,
    destination,
    engines: { dataproc: engine, direct: engine },
    maxAttempts: 3,
    address: SOURCE,
    now: () => new Date('2026-01-02T03:04:00.000Z'),
    sleep: async () => undefined,
    random: () => 0.5,
  };
  const controller = new AbortController();
  const watch: LoadWatch = { signal: controller.signal, report: async () => undefined };
  const run = (used: Partial<LoadBudget> = {}, what: LoadObject = { ...load, engine: name }) =>
    runLoad(what, { ...FRESH, ...used }, deps, watch);
  return { bucket, destination, engine, deps, controller, run };
}
