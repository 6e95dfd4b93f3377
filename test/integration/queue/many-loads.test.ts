import type { JobsOptions, Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** Redis keeps no more than so many finished jobs, as it does 20,000 of a queue. */
function keeping(queue: Queue, count: number): void {
  const addBulk = queue.addBulk.bind(queue);
  const kept: JobsOptions = { removeOnComplete: { count }, removeOnFail: { count } };
  queue.addBulk = (jobs) => addBulk(jobs.map((job) => ({ ...job, opts: { ...job.opts, ...kept } })));
}

it('a run of more loads than finished jobs are kept ends rightly, and begins none of them again', async () => {
  keeping(service.queues.ingest, 2);
  keeping(service.queues.history, 2);
  const gone = () => new LoadError('SOURCE_TABLE_GONE', 'it is gone');
  service.engine.failures.push(gone(), gone(), gone());
  const tables = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(2, '0')}`);
  service.start();
  await service.add(RUN, tables);
  const summary = await service.summary(RUN);
  expect(summary).toMatchObject({ loaded: 9, failed: 3, historyPending: 0 });
  const failed = summary.tables.filter(({ status }) => status === 'failed');
  expect(failed.map(({ failure, attempts }) => [failure?.code, attempts])).toEqual([
    ['SOURCE_TABLE_GONE', 1],
    ['SOURCE_TABLE_GONE', 1],
    ['SOURCE_TABLE_GONE', 1],
  ]);
  expect(service.engine.started).toHaveLength(12);
  expect(service.rows.map(({ status }) => status).sort()).toEqual([
    ...Array.from({ length: 3 }, () => 'failed'),
    ...Array.from({ length: 9 }, () => 'loaded'),
  ]);
  await until(async () => (await service.queues.controller.getJob(RUN))?.finishedOn);
  expect(await service.queues.ingest.getJobCounts('completed', 'failed', 'waiting', 'delayed')).toEqual({
    completed: 2,
    failed: 2,
    waiting: 0,
    delayed: 0,
  });
});
