import { beforeEach, expect, it } from 'vitest';
import { findLoad, readLoad } from '../../../../src/pipeline/load/read-load.ts';
import { attemptName, objectNames } from '../../../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../../../src/pipeline/objects/load.ts';
import type { Bucket } from '../../../../src/pipeline/ports/bucket.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';
import { loadObject, sourceColumn } from '../../../support/samples.ts';

const names = objectNames(load.sourceId);
let bucket: Bucket;

/**
 * The LOAD.json that verify wrote, and a shape of its own for these attempts; `attempts` have a
 * spec.
 */
async function write(shapes: readonly number[], attempts: readonly number[]): Promise<void> {
  const shape = (rowsEstimate: number) => loadObject({ ...load, rowsEstimate });
  await createObject(bucket, names.load(load.runId, load.loadId), shape(0));
  for (const number of shapes)
    await createObject(bucket, names.reshapedLoad(load.runId, load.loadId, number), shape(number));
  for (const number of attempts) await createObject(bucket, names.spec(attemptName(load.loadId, number)), {});
}

beforeEach(() => {
  bucket = createMemoryBucket();
});

it.each([
  { shapes: [], attempts: [], nextAttempt: 0, read: 0 },
  { shapes: [], attempts: [1], nextAttempt: 2, read: 0 },
  { shapes: [2], attempts: [1], nextAttempt: 2, read: 2 },
  { shapes: [2], attempts: [1, 2], nextAttempt: 0, read: 2 },
  { shapes: [2], attempts: [1, 2, 3], nextAttempt: 0, read: 2 },
  { shapes: [2, 10], attempts: [9], nextAttempt: 10, read: 10 },
  // Redis was lost before the attempt that it was made for began: attempt 1 is of the old shape.
  { shapes: [2], attempts: [1], nextAttempt: 0, read: 0 },
])('shapes $shapes, attempts $attempts, told to go on with $nextAttempt: reads $read', async (is) => {
  await write(is.shapes, is.attempts);
  const { nextAttempt } = is;
  expect((await readLoad({ ...load, nextAttempt }, bucket)).rowsEstimate).toBe(is.read);
});

it('is refused where it is of another decision than the run', async () => {
  await write([], []);
  const named = { ...load, nextAttempt: 0, decidedAt: '2026-01-02T03:00:02.000Z' };
  await expect(readLoad(named, bucket)).rejects.toMatchObject({ code: 'OBJECT_INVALID', isTransient: false });
  expect(await readLoad({ ...named, decidedAt: null }, bucket)).toEqual({ ...load, rowsEstimate: 0 });
});

it('is read in its newest shape by a later run', async () => {
  await write([2, 3], [1]);
  expect(await findLoad({ ...load, nextAttempt: Number.POSITIVE_INFINITY }, bucket)).toMatchObject({
    rowsEstimate: 3,
  });
});

it('publishes the accepted stage of a table that was altered after verify', async () => {
  const { run, destination, bucket: own } = setUpLoad();
  bucket = own;
  const columns = [{ name: 'c', type: 'INT64', mode: 'NULLABLE' as const }];
  destination.tables.set('s.t', facts(columns, 1_000, '2026-01-01T00:00:00.000Z'));
  const asVerified: LoadObject = loadObject({
    ...load,
    sourceColumns: [sourceColumn({ columnType: 'smallint', dataType: 'smallint' })],
  });
  await createObject(bucket, names.load(load.runId, load.loadId), asVerified);
  const goOn = async (nextAttempt: number) =>
    run({ attemptsBefore: 0, nextAttempt }, await readLoad({ ...load, nextAttempt }, bucket));
  expect(await goOn(0)).toMatchObject({ outcome: 'later', error: { code: 'SOURCE_CHANGED_SHAPE' } });
  await createObject(bucket, names.reshapedLoad(load.runId, load.loadId, 2), load);
  expect(await goOn(2)).toMatchObject({ outcome: 'failed', error: { code: 'SHRUNK_TOO_MUCH' } });
  const attemptId = attemptName(load.loadId, 2);
  const acceptedAt = '2026-01-02T03:04:05.000Z';
  await createObject(bucket, names.accepted(attemptId), { version: 1, attemptId, acceptedAt });
  expect(await goOn(0)).toMatchObject({ outcome: 'loaded', attempt: 2 });
});
