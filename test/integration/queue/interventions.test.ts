import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeService } from '../../support/fake-service.ts';
import { freshName, stackEnv } from '../../support/stack-env.ts';
import { pause, until } from '../../support/wait.ts';

let service: ReturnType<typeof createFakeService>;
const RUN = 'manual-20260102T030000Z-0001';

beforeEach(() => {
  service = createFakeService({ redisUrl: stackEnv()['REDIS_URL'] ?? '', sourceId: freshName() });
});
afterEach(() => service.close());

const load = (table: string) => service.loadName(RUN, table);
const job = (table: string) => service.queues.ingest.getJob(load(table));
const messageOf = async (table: string) => JSON.stringify((await job(table))?.progress ?? '');

/** The engine works until somebody cancels it or stops waiting. */
function neverEnding(): { cancelled: string[] } {
  const cancelled: string[] = [];
  service.engine.run = (_, { signal }) =>
    new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  service.engine.cancel = async ({ spec }) => void cancelled.push(spec.attempt);
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
        { table: 'a', status: 'cancelled', errorCode: 'CANCELLED', attempts: 0 },
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
    expect(row).toMatchObject({ run_id: RUN, attempts: 1 });
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
