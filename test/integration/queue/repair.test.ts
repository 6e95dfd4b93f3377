import { describe, expect, it } from 'vitest';
import { manualRunName, scheduledRunName } from '../../../src/pipeline/names/index.ts';
import { summaryObjectSchema } from '../../../src/pipeline/objects/run.ts';
import { createObject, readObject } from '../../../src/pipeline/ports/json-objects.ts';
import { createFakeRepair, type FakeRepair, flush, holdBefore } from '../../support/fake-repair.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { repairOfEachTest } from '../../support/repair-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;
let repair: FakeRepair;
const RUN = manualRunName(new Date(), 'abcd');
const { names, runJob, load, said, summaryNow } = repairOfEachTest(RUN, (fresh) => {
  ({ service, repair } = fresh);
});

/** A run whose worker stops in the midst of a table, and that Redis has lost meanwhile. */
async function lostBefore(table: string, tables: readonly string[]): Promise<void> {
  const hold = holdBefore(service, table);
  const worker = service.start();
  await service.add(RUN, tables);
  await hold.isHeld;
  await flush(service);
  hold.letGo();
  await worker.stop();
}

/** What BullMQ makes of a job that was taken too often: it fails, and nobody of ours is asked. */
async function failWithoutProcessor(table: string): Promise<void> {
  const { controller, ingest } = service.queues;
  const { connection } = service;
  const key = ingest.toKey(load(table));
  const reason = 'job stalled more than allowable limit';
  await until(async () => (await ingest.getJob(load(table)))?.finishedOn);
  await connection.hdel(controller.toKey(`${RUN}:processed`), key);
  await connection.hset(controller.toKey(`${RUN}:failed`), key, reason);
  await connection.hdel(key, 'returnvalue');
  await connection.hset(key, 'failedReason', reason);
  await connection.zrem(ingest.toKey('completed'), load(table));
  await connection.zadd(ingest.toKey('failed'), Date.now(), load(table));
  // It died before it told anybody.
  await service.bucket.remove([names().end(RUN, load(table))]);
  const row = `${load(table)}-a1-loaded`;
  await until(async () => (await service.queues.history.getJob(row))?.finishedOn);
  await service.queues.history.remove(row);
  service.rows.splice(0);
}

describe('Redis is emptied in mid-run', () => {
  it('the run is put back from the bucket; what has ended is not begun again, what was asked for is kept', async () => {
    await lostBefore('c', ['a', 'b', 'c', 'd']);
    expect(await runJob()).toBeUndefined();
    await repair.look();
    expect(said()).toContainEqual({ msg: 'run put back into the queue', why: 'Redis does not know it' });
    expect(await service.queues.ingest.getGlobalConcurrency()).toBe(1);
    expect(await service.queues.history.getGlobalConcurrency()).toBe(1);
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 4, historyPending: 0 });
    expect(service.engine.started).toHaveLength(4);
    expect(service.rows.map(({ table_name }) => table_name).sort()).toEqual(['a', 'b', 'c', 'd']);
    await until(async () => (await runJob())?.finishedOn);
    const again = await service.queues.ingest.getJob(load('a'));
    expect(again).toBeUndefined();
  });

  it('a run that nobody had taken yet is run as it was asked for', async () => {
    await service.add(RUN, ['a']);
    await flush(service);
    await repair.look();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ table: 'a' }] });
  });

  it('looks twice without doing anything twice, several processes at once', async () => {
    await service.add(RUN, ['a']);
    await flush(service);
    const others = [createFakeRepair(service), createFakeRepair(service)];
    await Promise.all([repair, ...others].map((one) => one.look()));
    await repair.look();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ loaded: 1 });
    expect(service.engine.started).toHaveLength(1);
  });

  it('a cancelled load stays cancelled', async () => {
    await service.cancellations.request(load('a'));
    await lostBefore('b', ['a', 'b']);
    await repair.look();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({
      tables: [{ table: 'a', status: 'cancelled', failure: { code: 'CANCELLED' } }, { status: 'loaded' }],
    });
    expect(service.engine.started).toHaveLength(1);
  });

  it('history has the rows that were lost with it', async () => {
    const { merge } = service.history;
    let isAway = true;
    service.history.merge = async (rows) => {
      if (isAway) throw new Error('BigQuery is away');
      return merge(rows);
    };
    await lostBefore('b', ['a', 'b']);
    isAway = false;
    await repair.look();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ loaded: 2, historyPending: 0 });
    expect(service.rows.map(({ table_name }) => table_name).sort()).toEqual(['a', 'b']);
  });
});

describe('a run that Redis does not know and nobody should go on with', () => {
  const old = new Date(Date.now() - 21 * 3_600_000);
  const endOf = (runId: string) => readObject(service.bucket, names().summary(runId), summaryObjectSchema);

  it('is ended, past its deadline, before its decisions', async () => {
    const runId = scheduledRunName(old);
    await createObject(service.bucket, names().request(runId), {
      ...{
        version: 1,
        sourceId: service.sourceId,
        runId,
        trigger: 'scheduled',
        tables: null,
        isForced: false,
      },
      requestedAt: old.toISOString(),
    });
    await repair.look();
    expect((await endOf(runId))?.value).toMatchObject({
      status: 'failed',
      error: { code: 'LOAD_ABANDONED', message: expect.stringContaining('older than RUN_DEADLINE') },
    });
    expect(await service.queues.controller.getJob(runId)).toBeUndefined();
  });

  it('is ended where nobody knows what a person asked for', async () => {
    await createObject(service.bucket, names().load(RUN, load('a')), {});
    await repair.look();
    expect((await endOf(RUN))?.value.error?.message).toContain('lost what was asked for');
  });

  it('tells of its loads what their names say: published, or abandoned with its Dataproc job ended', async () => {
    await lostBefore('b', ['a', 'b', 'c']);
    const late = createFakeRepair(service, { runDeadlineMs: 0 });
    // Its end says that it was loaded; without it the publish job does.
    await service.bucket.remove([names().end(RUN, load('a'))]);
    await late.look();
    expect(await summaryNow()).toMatchObject({
      status: 'failed',
      tables: [
        { table: 'a', status: 'loaded', rowsLoaded: 2, attempts: 1 },
        { table: 'b' },
        { table: 'c', status: 'failed', failure: { code: 'LOAD_ABANDONED' }, attempts: 0 },
      ],
    });
  });
});

describe('what people do by hand, or dies without a word', () => {
  it('adds loads again whose jobs were removed', async () => {
    const hold = holdBefore(service, 'a');
    service.start();
    await service.add(RUN, ['a', 'b', 'c']);
    await hold.isHeld;
    await (await service.queues.ingest.getJob(load('b')))?.remove();
    await service.connection.del(service.queues.ingest.toKey(load('c')));
    await service.connection.lrem(service.queues.ingest.toKey('wait'), 0, load('c'));
    await repair.look();
    expect(repair.lines).toContainEqual(
      expect.objectContaining({ msg: 'loads added again', loads: 2, why: 'their jobs were gone' }),
    );
    hold.letGo();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 3 });
  });

  it('lets a run go that waits for a load which has ended', async () => {
    const hold = holdBefore(service, 'b');
    service.start();
    await service.add(RUN, ['a', 'b']);
    await hold.isHeld;
    const { controller, ingest } = service.queues;
    // As it is where a load is added in the moment in which it ends.
    const key = ingest.toKey(load('a'));
    await service.connection.hdel(controller.toKey(`${RUN}:processed`), key);
    await service.connection.sadd(controller.toKey(`${RUN}:dependencies`), key);
    hold.letGo();
    await until(async () => (await ingest.getJob(load('b')))?.finishedOn);
    expect(await (await runJob())?.getState()).toBe('waiting-children');
    await repair.look();
    expect(said()).toContainEqual({ msg: 'run no longer waits for loads', why: 'their jobs had ended' });
    expect(await service.summary(RUN)).toMatchObject({ loaded: 2 });
    expect(service.engine.started).toHaveLength(2);
  });

  it('puts a run back whose job has ended without a summary', async () => {
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    await until(async () => (await runJob())?.finishedOn);
    await service.bucket.remove([names().summary(RUN)]);
    await repair.look();
    expect(said()).toContainEqual({
      msg: 'run put back into the queue',
      why: 'its job had completed without a summary',
    });
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 1 });
    expect(service.engine.started).toHaveLength(1);
  });

  it.each([
    ['at the end of its run', false],
    ['while its run goes on', true],
  ])(
    'tells the truth of a load that was killed once too often after its publish, %s',
    async (_, isLookedFor) => {
      const hold = holdBefore(service, 'b');
      service.start();
      await service.add(RUN, ['a', 'b']);
      await hold.isHeld;
      await failWithoutProcessor('a');
      if (isLookedFor) {
        await repair.look();
        await repair.look();
        expect(said().map(({ msg }) => msg)).toEqual(['load settled: loaded']);
      }
      hold.letGo();
      expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 2 });
      expect(service.rows.map(({ status, rows_loaded }) => [status, rows_loaded])).toEqual([
        ['loaded', 2],
        ['loaded', 2],
      ]);
    },
  );
});
