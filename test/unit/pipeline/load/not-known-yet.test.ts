import { expect, it } from 'vitest';
import { cancelLoad } from '../../../../src/pipeline/load/cancel-load.ts';
import { attemptName, objectNames, tableObjectKey } from '../../../../src/pipeline/names/index.ts';
import { askAgain } from '../../../../src/pipeline/ports/ask-again.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';

/** The asker, told "not found" for its first `times` calls. */
function hiding<A extends unknown[], T>(ask: (...given: A) => Promise<T | null>, times: number) {
  let left = times;
  return async (...given: A) => {
    left -= 1;
    return left >= 0 ? null : ask(...given);
  };
}

it('asks six times in 15.5 s for what must be there, then believes', async () => {
  const sleeps: number[] = [];
  const sleep = async (ms: number) => void sleeps.push(ms);
  expect(await askAgain(async () => null, sleep)).toBeNull();
  expect(sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  expect(
    await askAgain(
      hiding(async () => 'found', 5),
      sleep,
    ),
  ).toBe('found');
  expect(sleeps).toHaveLength(10);
});

it('loads where BigQuery does not know the publish job for a moment after it took it', async () => {
  const { run, destination } = setUpLoad();
  const { publish, getPublish } = destination;
  destination.publish = async (request) => {
    destination.getPublish = hiding(getPublish, 5);
    return { ...(await publish(request)), state: 'running', error: null, outputRows: null };
  };
  expect(await run()).toMatchObject({ outcome: 'loaded', row: { rows_loaded: 2 } });
  expect(destination.published).toHaveLength(1);
});

it('gives up, to be tried again, where a running publish job stays unknown', async () => {
  const { run, destination } = setUpLoad();
  const { publish } = destination;
  destination.publish = async (request) => {
    destination.getPublish = async () => null;
    return { ...(await publish(request)), state: 'running' };
  };
  await expect(run()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE', isTransient: true });
});

it('records the table as it is where BigQuery does not know it for a moment after its load', async () => {
  const { run, destination } = setUpLoad();
  const { publish, describe } = destination;
  destination.publish = async (request) => {
    destination.describe = hiding(describe, 3);
    return publish(request);
  };
  expect(await run()).toMatchObject({
    outcome: 'loaded',
    row: { destination_modified: '2026-01-02T03:05:00.000Z' },
  });
});

it('does not cancel a load whose publish BigQuery has taken and does not know yet', async () => {
  const { run, destination, deps, controller } = setUpLoad();
  await run();
  const watch = { signal: controller.signal, report: async () => undefined };
  // Asked three times by the look at what exists.
  destination.getPublish = hiding(destination.getPublish, 3);
  expect(await cancelLoad({ load, nextAttempt: 0, reason: 'person' }, deps, watch)).toBeNull();
  // One that never got there is cancelled all the same.
  destination.jobs.clear();
  const { publish: name, state } = objectNames(load.sourceId);
  await deps.bucket.remove([state(tableObjectKey(load.table))]);
  expect(await createObject(deps.bucket, name(attemptName(load.loadId, 1)), {})).toBe(false);
  expect(await cancelLoad({ load, nextAttempt: 0, reason: 'person' }, deps, watch)).toMatchObject({
    error: { code: 'CANCELLED' },
  });
});
