import { describe, expect, it } from 'vitest';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import { unfinishedLoads } from '../../../src/queues/loading-tables.ts';
import type { QueueName } from '../../../src/queues/queues.ts';
import { unfinishedRuns } from '../../../src/queues/unfinished-runs.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { OTHER_RUN as OTHER, RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { finishedJob, until } from '../../support/wait.ts';

let service: FakeService;
let sourceId: string;

serviceOfEachTest((fresh) => {
  service = fresh;
  sourceId = fresh.sourceId;
});

/** What somebody does to a job by hand; null removes the field. */
async function spoil(queue: QueueName, id: string, field: string, value: string | null) {
  const key = service.queues[queue].toKey(id);
  if (value === null) await service.connection.hdel(key, field);
  else await service.connection.hset(key, field, value);
}

const REFUSED: readonly [field: string, value: string, named: string][] = [
  ['data', 'not json', 'its data cannot be read'],
  ['data', '{"version":1,', 'its data cannot be read'],
  ['data', 'null', 'payload: (top)'],
  ['data', '[]', 'payload: (top)'],
  ['data', '7', 'payload: (top)'],
  ['opts', 'not json', 'its options cannot be read'],
  ['opts', 'null', 'its options cannot be read'],
  ['opts', '[1]', 'its options cannot be read'],
];
/** What a load can do without. */
const MADE_UP_FOR: readonly [field: string, value: string | null][] = [
  ['progress', 'not json'],
  ['progress', 'null'],
  ['parent', 'not json'],
  ['parent', '{}'],
  ['name', null],
  ['timestamp', 'long ago'],
  ['ats', 'many'],
  ['atm', 'many'],
  ['stc', 'many'],
];

describe('a job that cannot be read', () => {
  it('fails under its own id, whatever it is that cannot be read, and every other load goes its way', async () => {
    const cases = [...REFUSED, ...MADE_UP_FOR];
    const table = (index: number) => `t${String(index).padStart(2, '0')}`;
    const load = (index: number) => service.loadName(RUN, table(index));
    const { ingest } = service.queues;
    await ingest.pause();
    service.start();
    await service.add(RUN, [...cases.map((_, index) => table(index)), 'whole']);
    await until(async () => (await ingest.getJobs(['waiting', 'prioritized'])).length === cases.length + 1);
    for (const [index, [field, value]] of cases.entries()) await spoil('ingest', load(index), field, value);

    expect(await ingest.getJobs(['waiting', 'prioritized'])).toHaveLength(cases.length + 1);
    expect(await unfinishedLoads(service.queues)).toHaveLength(MADE_UP_FOR.length + 1);
    await ingest.resume();
    const summary = await service.summary(RUN);
    expect(summary).toMatchObject({ loaded: MADE_UP_FOR.length + 1, failed: REFUSED.length });
    for (const [index, [, , named]] of REFUSED.entries()) {
      const job = await ingest.getJob(load(index));
      expect([job?.id, await job?.getState()]).toEqual([load(index), 'failed']);
      expect(job?.failedReason).toContain(`PAYLOAD_INVALID: Job ${load(index)} of queue ingest: ${named}`);
      expect(summary?.tables.find((one) => one.table === table(index))).toMatchObject({
        status: 'failed',
        failure: { code: 'PAYLOAD_INVALID', message: expect.stringContaining(load(index)) },
      });
    }
    expect(service.lines.filter(({ code }) => code === 'PAYLOAD_INVALID')).toHaveLength(REFUSED.length);
  });

  it('is a run: it ends with its summary, and the others go on', async () => {
    const { controller } = service.queues;
    await controller.pause();
    await service.add(RUN, ['a']);
    await service.add(OTHER, ['b']);
    await spoil('controller', RUN, 'data', 'not json');
    expect((await unfinishedRuns(service.queues)).map(({ runId }) => runId).sort()).toEqual([RUN, OTHER]);
    service.start();
    await controller.resume();
    expect(await service.summary(OTHER)).toMatchObject({ status: 'succeeded', loaded: 1 });
    expect(await service.summary(RUN)).toMatchObject({
      status: 'failed',
      error: { code: 'PAYLOAD_INVALID', message: expect.stringContaining(`Job ${RUN} of queue controller`) },
    });
    const job = await finishedJob(controller, RUN);
    expect(job.failedReason).toContain('its data cannot be read');
  });

  it('is a run whose loads are under way: what was decided is brought to its end', async () => {
    const { controller, ingest } = service.queues;
    await ingest.pause();
    service.start();
    await service.add(RUN, ['a', 'b']);
    await until(async () => (await controller.getJobState(RUN)) === 'waiting-children');
    await spoil('controller', RUN, 'data', 'not json');
    await ingest.resume();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 2 });
    expect(await service.bucket.exists(objectNames(sourceId).summary(RUN))).toBe(true);
  });

  it('is a history row: the others are merged, and the run says that one is missing', async () => {
    const { history } = service.queues;
    await history.pause();
    service.start();
    await service.add(RUN, ['a', 'b']);
    const id = `${service.loadName(RUN, 'a')}-a1-loaded`;
    await until(async () => (await history.getJobs(['waiting'])).length === 2);
    await spoil('history', id, 'data', 'not json');
    await history.resume();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 2, historyPending: 1 });
    expect(service.rows.map(({ table_name }) => table_name)).toEqual(['b']);
    expect((await history.getJob(id))?.failedReason).toContain(`Job ${id} of queue history`);
  });
});
