import { pino } from 'pino';
import { expect, it } from 'vitest';
import { closeQueues, createQueues } from '../../src/queues/queues.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { ensureLastSlot, type SchedulerContext, startScheduler } from '../../src/scheduler/scheduler.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';

const BOOTING = 20;
const ROUNDS = 10;
const HOUR_MS = 3_600_000;

/** Schedulers of one installation, each with a connection of its own, at noon of the second day. */
async function openMany(count: number, bucket = createMemoryBucket(), sourceId = freshName()) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const connection = await createProducerConnection(stackEnv()['REDIS_URL'] ?? '');
      const queues = createQueues({ connection, sourceId, onError: () => undefined });
      const context: SchedulerContext = {
        ...{ queues, bucket, sourceId, mysqlHost: 'h', mysqlPort: 3306, catchUpMs: 12 * HOUR_MS },
        schedule: { cron: '0 3 * * *', timeZone: 'America/Sao_Paulo' },
        now: () => new Date('2026-01-02T13:00:00Z'),
        log: pino({ level: 'silent' }),
      };
      const close = async () => {
        await closeQueues(queues);
        connection.disconnect();
      };
      return { context, close };
    }),
  );
}

it(`${BOOTING} schedulers that boot together over a slot that is due make one run and one schedule`, async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const all = await openMany(BOOTING);
    const [first] = all;
    if (!first) throw new Error('none was opened');
    await ensureLastSlot({ ...first.context, now: () => new Date('2026-01-01T12:00:00Z') });
    const started = await Promise.all(all.map(({ context }) => startScheduler(context)));
    const { controller } = first.context.queues;
    expect((await controller.getWaiting()).map(({ id }) => id)).toEqual(['20260102T060000Z']);
    expect(await controller.getJobSchedulers(0, -1, true)).toMatchObject([{ key: 'daily' }]);
    expect(await controller.getDelayed()).toHaveLength(1);
    await Promise.all(started.map((one) => one.stop()));
    await controller.obliterate({ force: true });
    await Promise.all(all.map(({ close }) => close()));
  }
});
