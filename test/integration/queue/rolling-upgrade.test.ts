import { describe, expect, it } from 'vitest';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { TablesObject } from '../../../src/pipeline/objects/run.ts';
import { readEnds } from '../../../src/workers/read-ends.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { alterObject, beforeAdding } from '../../support/interfere.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

describe('a worker that is older than what it meets', () => {
  it.each(['controller', 'ingest', 'history'] as const)(
    'hands a job of %s back for a newer one, and uses up nothing',
    async (queue) => {
      service.start();
      const data = { version: 2, sourceId: service.sourceId, something: 'new' };
      await service.queues[queue].add('any', data, { jobId: '20260102T030000Z', attempts: 1 });
      const job = () => service.queues[queue].getJob('20260102T030000Z');
      await until(async () => (await job())?.delay);
      expect(await (await job())?.getState()).toBe('delayed');
      expect(await job()).toMatchObject({ attemptsMade: 0, data });
      expect((await job())?.progress).toMatchObject({ message: expect.stringContaining('newer worker') });
      expect(service.lines).toContainEqual(expect.objectContaining({ queue, code: 'NEWER_VERSION' }));
    },
  );

  it('hands a load back whose LOAD.json is newer, which then loads with its first attempt', async () => {
    const name = objectNames(service.sourceId).load(RUN, service.loadName(RUN, 'a'));
    const change = (version: number) =>
      alterObject(service, name, (held) => JSON.stringify({ ...held, version }));
    beforeAdding(service.queues.ingest, () => change(2));
    service.start();
    await service.add(RUN, ['a']);
    const job = () => service.queues.ingest.getJob(service.loadName(RUN, 'a'));
    await until(async () => (await job())?.isDelayed());
    expect(service.engine.started).toEqual([]);
    expect(service.rows).toEqual([]);
    change(1);
    await (await job())?.promote();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ attempts: 1 }] });
  });

  it('does not tell how a load of a newer worker has ended', async () => {
    const load = await service.queues.ingest.add('load', { version: 2 }, { jobId: 'x' });
    const tables = { sourceId: service.sourceId, runId: RUN, tables: [{ loadId: load.id }] } as TablesObject;
    const { queues, bucket, cancellations } = service;
    const context = { queues, bucket, cancellations, settle: async () => null };
    await expect(readEnds(null, tables, context)).rejects.toMatchObject({ code: 'NEWER_VERSION' });
  });
});
