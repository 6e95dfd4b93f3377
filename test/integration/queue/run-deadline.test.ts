import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { endOverdueRuns } from '../../../src/workers/run-deadlines.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { untilStopped } from '../../support/interfere.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;
const HOUR_MS = 3_600_000;

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** One look, by a clock that is that many hours ahead. */
const look = (hours: number) =>
  endOverdueRuns({
    ...service,
    deadlineMs: 20 * HOUR_MS,
    now: () => new Date(Date.now() + hours * HOUR_MS),
    log: pino({ level: 'silent' }),
  });

describe('a run that is past its deadline', () => {
  it('ends with its summary: what waits is ended, what runs is cancelled', async () => {
    const cancelled: string[] = [];
    const { cancel } = service.engine;
    service.engine.cancel = async (attempt, watch) => {
      cancelled.push(attempt.spec.table.table);
      return cancel(attempt, watch);
    };
    let isReading = false;
    service.engine.run = (_, watch) => {
      isReading = true;
      return untilStopped(watch);
    };
    service.start();
    await service.add(RUN, ['a', 'b', 'c']);
    await until(async () => isReading);
    expect(await look(19)).toEqual([]);
    expect(await look(20)).toEqual([RUN]);
    expect(await look(20.1)).toEqual([RUN]);
    const summary = await service.summary(RUN);
    expect(summary).toMatchObject({ status: 'failed', failed: 3 });
    expect(summary.tables.map(({ status, failure }) => [status, failure?.code])).toEqual(
      Array.from({ length: 3 }, () => ['failed', 'RUN_DEADLINE']),
    );
    expect(cancelled).toEqual(['a']);
    expect(service.rows.map(({ error_code }) => error_code)).toEqual(
      Array.from({ length: 3 }, () => 'RUN_DEADLINE'),
    );
    await until(async () => (await look(30)).length === 0);
  });
});

it('a run that is cancelled as its last loads end leaves no wish against them: a retry would be cancelled by it', async () => {
  let release = () => {};
  const { run } = service.engine;
  service.engine.run = async (attempt, watch) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return run(attempt, watch);
  };
  const { cancellations } = service;
  service.start();
  await service.add(RUN, ['a']);
  const loadId = service.loadName(RUN, 'a');
  await until(async () => (await service.queues.ingest.getJobState(loadId)) === 'active');
  await cancellations.request(RUN);
  await until(async () => {
    release();
    return (await service.queues.ingest.getJobState(loadId)) === 'completed';
  });
  expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded' });
  expect([await cancellations.isRequested(RUN), await cancellations.isRequested(loadId)]).toEqual([
    false,
    false,
  ]);
});
