import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { QueueName } from '../../../src/queues/queues.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { historyRow } from '../../support/samples.ts';
import { FIRST_SEED } from '../../support/seed.ts';
import { OTHER_RUN as OTHER, RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** A payload of each queue that its worker would take. */
const takenBy = (): Record<QueueName, Record<string, unknown>> => {
  const envelope = { version: 1, sourceId: service.sourceId };
  const row = historyRow();
  return {
    controller: {
      ...envelope,
      runId: OTHER,
      trigger: 'manual',
      tables: [{ schema: 's', table: 'b' }],
      isForced: true,
      requestedAt: new Date().toISOString(),
    },
    ingest: {
      ...envelope,
      runId: OTHER,
      loadId: service.loadName(OTHER, 'b'),
      table: { schema: 's', table: 'b' },
    },
    history: { ...envelope, row: { ...row, source_id: service.sourceId } },
  };
};

/**
 * What no worker may take: nothing like a payload, or one with a field that is missing, spoilt, or
 * too many.
 */
function poison(queue: QueueName, count: number): unknown[] {
  const whole = takenBy()[queue];
  const required = Object.keys(whole);
  const field = fc.constantFrom(...required);
  const spoilt = fc
    .tuple(field, fc.constantFrom(null, -1, [], {}, true))
    .map(([name, value]) => ({ ...whole, [name]: value }));
  const missing = field.map((name) =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name)),
  );
  const added = fc.string({ minLength: 1 }).map((name) => ({ ...whole, [`x${name}`]: 1 }));
  const anything = fc.oneof(fc.object({ maxDepth: 3 }), fc.array(fc.jsonValue()), fc.string(), fc.integer());
  return fc
    .sample(fc.oneof(spoilt, missing, added, anything), { numRuns: count, seed: FIRST_SEED })
    .map((data) => (isTaken(data, whole) ? { ...whole, version: 0 } : data));
}

/** What chance has left a payload that may be taken: as it was, or a run of all tables. */
const isTaken = (data: unknown, whole: object) =>
  [whole, { ...whole, tables: null }].some((taken) => JSON.stringify(taken) === JSON.stringify(data));

const LONG = 'x'.repeat(1_000_000);

it('500 payloads of chance fail with a reason each, also old ones and those of a megabyte, and the workers live on', async () => {
  const queues: QueueName[] = ['controller', 'ingest', 'history'];
  const given: Record<QueueName, unknown[]> = { controller: [], ingest: [], history: [] };
  for (const queue of queues) {
    const whole = takenBy()[queue];
    given[queue] = [
      ...poison(queue, 167),
      { ...whole, version: 0 },
      { ...whole, version: '1' },
      { ...whole, sourceId: 'another' },
      { ...whole, note: LONG },
      { ...whole, sourceId: LONG },
      LONG,
      { __proto__: null, constructor: { prototype: {} }, version: 1 },
    ];
    await service.queues[queue].addBulk(
      given[queue].map((data, index) => ({
        name: 'poison',
        data,
        opts: { jobId: `p-${index}`, attempts: 3 },
      })),
    );
  }
  service.start();
  for (const queue of queues) {
    const { length } = given[queue];
    await until(async () => (await service.queues[queue].getJobCounts('failed'))['failed'] === length);
    const failed = await service.queues[queue].getJobs(['failed'], 0, length);
    const others = failed.filter(
      ({ failedReason }) => !/PAYLOAD_INVALID: Job p-\d+ of queue /.test(failedReason ?? ''),
    );
    expect(others.map(({ id, failedReason }) => [queue, id, failedReason])).toEqual([]);
    expect(failed.every(({ attemptsMade }) => attemptsMade === 1)).toBe(true);
    expect(Math.max(...failed.map(({ failedReason = '' }) => failedReason.length))).toBeLessThan(2_000);
  }
  expect(service.engine.started).toEqual([]);
  expect(service.rows).toEqual([]);
  await service.add(RUN, ['a']);
  expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded' });
});
