import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { HistoryRow } from '../../../src/pipeline/objects/history-row.ts';
import { ingestAgain } from '../../../src/queues/ingest-again.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { remoteFailed } from '../../support/fakes/staging-engine.ts';
import { alterObject, beforeAdding, untilStopped } from '../../support/interfere.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

const load = () => service.loadName(RUN, 'a');
const job = () => service.queues.ingest.getJob(load());
const rowWhere = (is: (row: HistoryRow) => boolean) => until(async () => service.rows.find(is));
/** The engine works until somebody cancels it or stops waiting. */
function neverEnding(): void {
  service.engine.run = (_, watch) => untilStopped(watch);
}

describe('what a load meets before its first step', () => {
  it('ends it where it is terminal, with a row of history', async () => {
    service.paused.has = () => {
      throw new LoadError('STAGE_DENIED', 'GCS: 403');
    };
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({
      tables: [{ status: 'failed', failure: { code: 'STAGE_DENIED' } }],
    });
    expect(service.rows).toMatchObject([{ table_name: 'a', status: 'failed', error_code: 'STAGE_DENIED' }]);
  });

  it('has a row of history although LOAD.json is gone', async () => {
    const name = objectNames(service.sourceId).load(RUN, load());
    beforeAdding(service.queues.ingest, () => service.bucket.remove([name]));
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ failure: { code: 'OBJECT_INVALID' } }] });
    expect(service.rows).toMatchObject([{ table_name: 'a', status: 'failed', error_code: 'OBJECT_INVALID' }]);
  });

  it('refuses the LOAD.json of another decision than the run was fanned out by', async () => {
    const name = objectNames(service.sourceId).load(RUN, load());
    const other = { decidedAt: '2026-01-02T02:00:00.000Z' };
    const change = () => alterObject(service, name, (held) => JSON.stringify({ ...held, ...other }));
    beforeAdding(service.queues.ingest, change);
    service.start();
    await service.add(RUN, ['a']);
    const { tables } = await service.summary(RUN);
    expect(tables).toMatchObject([{ failure: { code: 'OBJECT_INVALID' } }]);
    const { message, hint } = tables[0]?.failure ?? {};
    expect(message).toMatch(/decided at 2026-01-02T02/);
    expect(hint).toMatch(/npm run enqueue/);
    expect(service.engine.started).toEqual([]);
    expect(service.rows).toHaveLength(1);
  });

  it('is tried again where it is not, without using an attempt', async () => {
    const { has } = service.paused;
    let calls = 0;
    service.paused.has = (table) => {
      calls += 1;
      if (calls < 4) throw calls === 1 ? new Error('OOM') : new LoadError('STAGE_UNAVAILABLE', '503');
      return has.call(service.paused, table);
    };
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ attempts: 1 }] });
    expect((await job())?.attemptsMade).toBe(1);
  });
});

describe('history of a load that fails', () => {
  it('counts the attempt that a service which stays away has stopped', async () => {
    service.engine.failures.push(
      ...Array.from({ length: 9 }, () => new LoadError('DATAPROC_UNAVAILABLE', '503')),
    );
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'failed', attempts: 1 }] });
    expect(service.rows).toMatchObject([{ attempts: 1, started_at: expect.stringContaining('T') }]);
    await (await job())?.retry('failed');
    // A person's retry reads again.
    expect(await rowWhere(({ status }) => status === 'loaded')).toMatchObject({ attempts: 2 });
  });

  it('counts the attempt whose facts cannot be gathered any more', async () => {
    service.engine.failures.push(new LoadError('DATAPROC_UNAVAILABLE', '503'));
    let calls = 0;
    service.destination.getPublish = async () => {
      calls += 1;
      if (calls > 1) throw new LoadError('DESTINATION_DENIED', '403');
      return null;
    };
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    expect(service.rows).toMatchObject([{ error_code: 'DESTINATION_DENIED', attempts: 1 }]);
    expect(service.rows[0]?.started_at).not.toBeNull();
  });

  it('tells the newer failure of the same attempt', async () => {
    service.engine.failures.push(new LoadError('SOURCE_TABLE_GONE', 's.a is gone'));
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    await rowWhere(({ error_code }) => error_code === 'SOURCE_TABLE_GONE');
    service.destination.getPublish = async () => {
      throw new LoadError('DESTINATION_DENIED', '403');
    };
    await ingestAgain(service.queues, {
      sourceId: service.sourceId,
      runId: RUN,
      loadId: load(),
      table: { schema: 's', table: 'a' },
    });
    expect(await rowWhere(({ error_code }) => error_code === 'DESTINATION_DENIED')).toMatchObject({
      status: 'failed',
      attempts: 1,
    });
    expect(service.rows).toHaveLength(1);
  });
});

describe('a worker that dies while a load ends', () => {
  it('leaves the wish to cancel it to the next one', async () => {
    neverEnding();
    let isDead = true;
    beforeAdding(service.queues.history, () => {
      if (!isDead) return;
      isDead = false;
      throw new Error('killed');
    });
    service.start();
    await service.add(RUN, ['a']);
    await until(async () => JSON.stringify((await job())?.progress ?? '').includes('attempt 1'));
    await service.cancellations.request(load());
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled', attempts: 1 }] });
    expect(service.rows).toMatchObject([{ status: 'cancelled' }]);
    expect(await service.cancellations.isRequested(load())).toBe(false);
  });

  it('has failed it, and does not begin a new attempt', async () => {
    service.engine.failures.push(remoteFailed(), remoteFailed());
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    const failed = await job();
    // As it stood between its last two steps: the failure in its data, and the job not moved yet.
    await failed?.retry('failed', { resetAttemptsMade: true });
    await until(async () => {
      const again = await job();
      return again?.finishedOn && again.finishedOn !== failed?.finishedOn;
    });
    expect((await job())?.failedReason).toMatch(/^REMOTE_FAILED/);
    expect(service.engine.started).toHaveLength(2);
  });
});
