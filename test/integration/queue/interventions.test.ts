import { describe, expect, it } from 'vitest';
import { tableObjectKey } from '../../../src/pipeline/names/index.ts';
import { runProgress } from '../../../src/queues/run-progress.ts';
import { takeTableLease } from '../../../src/redis/table-lease.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { untilStopped } from '../../support/interfere.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { pause, until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

const load = (table: string) => service.loadName(RUN, table);
const job = (table: string) => service.queues.ingest.getJob(load(table));
const messageOf = async (table: string) => JSON.stringify((await job(table))?.progress ?? '');

/** The engine works until somebody cancels it or stops waiting, but for one table. */
function neverEnding(but = 'none'): { cancelled: string[] } {
  const cancelled: string[] = [];
  const { run } = service.engine;
  service.engine.run = (attempt, watch) => {
    if (attempt.spec.table.table === but) return run(attempt, watch);
    return untilStopped(watch);
  };
  service.engine.cancel = async ({ spec }) => void cancelled.push(spec.attemptId);
  return { cancelled };
}

describe('a paused table', () => {
  it('waits without holding a slot, says so, and loads once it is resumed', async () => {
    service.paused.add('a');
    service.start();
    await service.add(RUN, ['a', 'b']);
    await until(async () => (await job('b'))?.finishedOn);
    await until(async () => (await messageOf('a')).includes('s.a is paused'));
    expect(service.engine.started).toHaveLength(1);
    service.paused.clear();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 2 });
  });
});

describe('cancelling', () => {
  it('a load that waits ends it without starting anything', async () => {
    await service.cancellations.request(load('a'));
    service.start();
    await service.add(RUN, ['a', 'b']);
    expect(await service.summary(RUN)).toMatchObject({
      status: 'cancelled',
      loaded: 1,
      failed: 0,
      cancelled: 1,
      tables: [
        { table: 'a', status: 'cancelled', failure: { code: 'CANCELLED' }, attempts: 0 },
        { status: 'loaded' },
      ],
    });
    const rows = service.rows.map(({ table_name, status, error_code }) => [table_name, status, error_code]);
    expect(rows).toContainEqual(['a', 'cancelled', 'CANCELLED']);
    expect(rows).toHaveLength(2);
  });

  it('a load that runs ends its remote work first', async () => {
    const { cancelled } = neverEnding();
    service.start();
    await service.add(RUN, ['a']);
    await until(async () => (await messageOf('a')).includes('attempt 1'));
    await service.cancellations.request(load('a'));
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled', attempts: 1 }] });
    expect(cancelled).toEqual([`${load('a')}-a1`]);
  });

  it('a load that waits for a slot ends it at once, while the one that has it works on', async () => {
    neverEnding('z');
    service.paused.add('c');
    service.start();
    await service.add(RUN, ['z', 'a', 'b', 'c']);
    await until(async () => (await messageOf('a')).includes('attempt 1'));
    for (const table of ['b', 'c']) await service.cancellations.request(load(table));
    const ended = () => service.rows.filter(({ status }) => status === 'cancelled');
    await until(async () => ended().length === 2);
    await until(async () => !(await job('b')) && !(await job('c')));
    expect(await (await job('a'))?.getState()).toBe('active');
    expect(await runProgress(service.queues, RUN)).toMatchObject({
      loaded: 1,
      failed: 0,
      active: [{ table: { table: 'a' }, message: expect.stringContaining('attempt 1') }],
    });
    await service.cancellations.request(load('a'));
    expect(await service.summary(RUN)).toMatchObject({
      status: 'cancelled',
      loaded: 1,
      cancelled: 3,
      tables: [
        { table: 'z', status: 'loaded' },
        { table: 'a', attempts: 1 },
        { table: 'b', status: 'cancelled', failure: { code: 'CANCELLED' }, attempts: 0 },
        { table: 'c', status: 'cancelled', failure: { code: 'CANCELLED' }, attempts: 0 },
      ],
    });
    expect(
      ended()
        .map(({ table_name }) => table_name)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
  });

  it('a load that waits for another load of its table ends it at once', async () => {
    const { connection: redis } = service;
    const key = tableObjectKey({ schema: 's', table: 'a' });
    const taken = await takeTableLease({ redis, sourceId: service.sourceId, key, loadId: 'another' });
    service.start();
    await service.add(RUN, ['a']);
    await until(async () => (await messageOf('a')).includes('is being loaded by another'));
    await service.cancellations.request(load('a'));
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled' }] });
    if ('lease' in taken) await taken.lease.release();
  });

  it('a paused load ends it', async () => {
    service.paused.add('a');
    service.start();
    await service.add(RUN, ['a']);
    await until(async () => (await messageOf('a')).includes('paused'));
    await service.cancellations.request(load('a'));
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled' }] });
  });

  it('comes too late once the publish has begun: the load is brought to its end', async () => {
    const publish = service.destination.publish;
    service.destination.publish = async (request) => {
      const done = await publish(request);
      await service.cancellations.request(load('a'));
      await pause(1_500);
      return done;
    };
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ status: 'loaded' }] });
  });

  it('is over with a retry by hand, which loads', async () => {
    await service.cancellations.request(load('a'));
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    await (await job('a'))?.retry('failed');
    const row = await until(async () => service.rows.find(({ status }) => status === 'loaded'));
    // Beyond the attempt that somebody may have been about to begin when it was cancelled.
    expect(row).toMatchObject({ run_id: RUN, attempts: 2 });
  });

  it('a run ends each of its loads', async () => {
    await service.cancellations.request(RUN);
    service.start();
    await service.add(RUN, ['a', 'b']);
    expect(await service.summary(RUN)).toMatchObject({
      status: 'cancelled',
      loaded: 0,
      tables: [{ status: 'cancelled' }, { status: 'cancelled' }],
    });
    expect(service.engine.started).toEqual([]);
  });

  it('survives the worker: another one carries it out', async () => {
    const { cancelled } = neverEnding();
    const first = service.start();
    await service.add(RUN, ['a']);
    await until(async () => (await messageOf('a')).includes('attempt 1'));
    await first.stop();
    await service.cancellations.request(load('a'));
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled' }] });
    expect(cancelled).toHaveLength(1);
  });
});
